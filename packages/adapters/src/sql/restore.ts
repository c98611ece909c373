export const sql = {
  isThread: 'SELECT 1 FROM thread WHERE t = ?',
  dropRevisions: `DELETE FROM revision WHERE t = ? AND id IN
    (SELECT id FROM comment WHERE t = ? AND +site >= ? AND +site <= ?)`,
  dropComments: 'DELETE FROM comment WHERE t = ? AND +site >= ? AND +site <= ?',
  show: 'UPDATE comment SET site = ? WHERE t = ? AND +site = ?',
}
