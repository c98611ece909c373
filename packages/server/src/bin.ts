#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Halves the time to start. It must be on before the modules it is for are loaded.
enableCompileCache()
await import('./cli/main.ts')
