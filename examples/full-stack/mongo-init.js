const members = ['mongo1', 'mongo2', 'mongo3'].map((name, _id) => ({ _id, host: `${name}:27017` }))
try {
  rs.initiate({ _id: 'rs0', members })
} catch (error) {
  if (error.codeName !== 'AlreadyInitialized') throw error
}
// Servers that start before there is a primary would only wait.
while (!db.hello().primary) sleep(500)
