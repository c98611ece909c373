// `pnpm run bench [--quick] [warm] [cold] [write] [files]`: our figures against the limit of the same run on the same
// machine. Ends with an error only where a ratio is far off, never for noise.
import { parseArgs } from 'node:util'
import { browserFiles } from './browser-files.ts'
import { coldPage } from './cold-page.ts'
import { durableComments } from './durable-comments.ts'
import type { Figure } from './report.ts'
import { heading, line, machine, verdictOf } from './report.ts'
import { warmPage } from './warm-page.ts'

const benches: { readonly [name: string]: (quick: boolean) => Figure[] | Promise<Figure[]> } = {
  files: browserFiles,
  warm: warmPage,
  write: durableComments,
  cold: coldPage,
}

const { values, positionals } = parseArgs({ options: { quick: { type: 'boolean' } }, allowPositionals: true })
const unknown = positionals.find((name) => !(name in benches))
if (unknown !== undefined) {
  console.error(`There is no bench ${JSON.stringify(unknown)}; choose from ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}

console.log(machine())
console.log(
  'Medians; "low to high" are the ratios of single rounds. In brackets the ratio that noise cannot explain: only beyond it this command fails.\n',
)
console.log(heading())
let farOff = 0
for (const [name, bench] of Object.entries(benches)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  for (const figure of await bench(values.quick ?? false)) {
    console.log(line(figure))
    if (verdictOf(figure) === 'FAR OFF') farOff += 1
  }
}
if (farOff > 0) {
  console.error(`\n${farOff} of our figures are far from their goal, further than noise can explain`)
  process.exitCode = 1
}
