/** The renderers by the name that `-r` takes: the one list of them. Each is loaded when it is used. */
import type { RendererFactory } from '../renderer.js';

export const RENDERERS = {
  table: async () => (await import('./table.js')).table,
  json: async () => (await import('./json.js')).json,
  jsonl: async () => (await import('./json.js')).jsonl,
  csv: async () => (await import('./csv.js')).csv,
  tree: async () => (await import('./tree.js')).tree,
  bodyfile: async () => (await import('./bodyfile.js')).bodyfile,
  dfxml: async () => (await import('./dfxml.js')).dfxml,
  timesketch: async () => (await import('./timesketch.js')).timesketch,
  'chrome-trace': async () => (await import('./chrome-trace.js')).chromeTrace,
  none: async () => (await import('./none.js')).none,
} as const satisfies Record<string, () => Promise<RendererFactory>>;

export type RendererName = keyof typeof RENDERERS;

export const RENDERER_NAMES = Object.keys(RENDERERS) as RendererName[];
