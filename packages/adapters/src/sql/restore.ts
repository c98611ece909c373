export const sql = {
  isThread: 'SELECT 1 FROM thread WHERE t = ?',
  dropRevisions: `DELETE FROM revision WHERE t = ?1 AND id IN
    (SELECT id FROM comment WHERE t = ?1 AND +site >= ?2 AND +site <= ?3)`,
  dropComments: 'DELETE FROM comment WHERE t = ? AND +site >= ? AND +site <= ?',
  show: 'UPDATE comment SET site = ? WHERE t = ? AND +site = ?',
}
