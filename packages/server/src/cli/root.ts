import { defineCommand } from 'citty'

/** `confab`. Each command is loaded only when it is used. */
export const root = defineCommand({
  meta: { name: 'confab', description: 'Comments for your site' },
  subCommands: {
    serve: () => import('./commands/serve.ts').then(({ serve }) => serve),
    site: () => import('./commands/site.ts').then(({ site }) => site),
    import: () => import('./commands/import.ts').then(({ importCommand }) => importCommand),
    export: () => import('./commands/export.ts').then(({ exportCommand }) => exportCommand),
    backup: () => import('./commands/backup.ts').then(({ backup }) => backup),
    doctor: () => import('./commands/doctor.ts').then(({ doctor }) => doctor),
  },
})
