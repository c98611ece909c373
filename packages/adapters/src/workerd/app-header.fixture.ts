/** Names the app that a request of the suite is for. */
export const appHeader = 'x-suite-app'
