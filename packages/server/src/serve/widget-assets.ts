import type { Asset, Assets } from '@confab/core/ports'
import { errorCode } from '../errors.ts'

/** The widget's files, or `null` where the workspace has not built them. The package always has them. */
export async function loadWidgetAssets(): Promise<Assets | null> {
  // Not a literal: the compiler must not look for a file that is built after this one.
  const specifier: string = '@confab/widget/assets'
  try {
    const module: unknown = await import(specifier)
    return isRecord(module) && isAssets(module['assets']) ? module['assets'] : null
  } catch (error) {
    if (errorCode(error) === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}

function isAssets(value: unknown): value is Assets {
  return isRecord(value) && Object.values(value).every(isAsset)
}

function isAsset(value: unknown): value is Asset {
  return isRecord(value) && typeof value['type'] === 'string' && typeof value['body'] === 'string'
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null
}
