/**
 * Compiles the JSON Schemas of profiles-data/schema into plain functions, so that reading a symbol file costs no schema
 * compilation. Run with `node --import tsx scripts/compile-schemas.ts`; a test fails when its output is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Ajv as AjvClass } from 'ajv';

// ajv is CommonJS; under nodenext its default exports are only reachable this way without `.default` chains.
const require = createRequire(import.meta.url);
const { Ajv } = require('ajv') as { Ajv: typeof AjvClass };
const standaloneCode = require('ajv/dist/standalone').default as (
  ajv: AjvClass,
  names: Record<string, string>,
) => string;

const SCHEMA = new URL('../profiles-data/schema/isf.schema.json', import.meta.url);
const OUTPUT = new URL('../src/profiles/isf/isf-validators.generated.ts', import.meta.url);

const HEADER = `// biome-ignore-all format: generated
// biome-ignore-all lint: generated
// @ts-nocheck
// Generated from profiles-data/schema/isf.schema.json by scripts/compile-schemas.ts; do not edit.
`;

/** Parts of a symbol file that are checked on their own, when they are first read. */
const EXPORTS = ['metadata', 'baseType', 'userType', 'enum', 'symbol'] as const;

/** The text of the generated module. */
export function compileSchemas(): string {
  const ajv = new Ajv({ code: { source: true, esm: true }, strict: true, strictTypes: false });
  ajv.addSchema(JSON.parse(readFileSync(SCHEMA, 'utf8')), 'isf');
  const names = Object.fromEntries(EXPORTS.map((name) => [`${name}Validator`, `isf#/definitions/${name}`]));
  return HEADER + standaloneCode(ajv, names).replace(/^"use strict";/, '');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(OUTPUT, compileSchemas());
