/**
 * The user's configuration file: defaults for flags. `config.json` in oclif's configuration folder
 * (`~/.config/memlapse`), or the file that MEMLAPSE_CONFIG names.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { RENDERER_NAMES, type RendererName } from '../report/renderers/index.js';

export interface Configuration {
  /** Default image, as `--file` takes it. */
  readonly file?: string;
  readonly profile?: string;
  readonly renderer?: RendererName;
  readonly output?: string;
  /** Columns to show, by plugin name. */
  readonly columns?: Readonly<Record<string, readonly string[]>>;
  readonly quiet?: boolean;
}

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    file: { type: 'string' },
    profile: { type: 'string' },
    renderer: { enum: RENDERER_NAMES },
    output: { type: 'string' },
    columns: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } },
    quiet: { type: 'boolean' },
  },
} as const;

/** The configuration; empty when there is no file. Throws `UserError` naming the file and what is wrong in it. */
export async function loadConfiguration(folder: string): Promise<Configuration> {
  const path = process.env.MEMLAPSE_CONFIG ?? join(folder, 'config.json');
  if (!existsSync(path)) {
    if (process.env.MEMLAPSE_CONFIG === undefined) return {};
    throw new UserError(`MEMLAPSE_CONFIG names ${path}, which does not exist`, 'unset it or write the file');
  }
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${(error as Error).message}`, 'mend or remove it');
  }
  const { schemaViolations } = await import('../core/schema-violations.js');
  const wrong = schemaViolations(SCHEMA, value, 'it');
  if (wrong !== undefined) throw new UserError(`${path}: ${wrong}`, 'mend it');
  return value as Configuration;
}
