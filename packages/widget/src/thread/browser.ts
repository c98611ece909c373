import { defineThread } from './define.ts'

// This module is served by the server that it talks to.
defineThread(new URL(/* @vite-ignore */ '.', import.meta.url).href)
