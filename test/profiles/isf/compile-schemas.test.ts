/** The committed validators are those of the schema. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compileSchemas } from '../../../scripts/compile-schemas.js';

it('isf-validators.generated.ts is what scripts/compile-schemas.ts makes', () => {
  const path = new URL('../../../src/profiles/isf/isf-validators.generated.ts', import.meta.url);
  expect(readFileSync(path, 'utf8')).toBe(compileSchemas());
});
