/**
 * Checks JSON from users against a JSON Schema, with ajv. Load this module only where there is something to check:
 * ajv costs more than a short command's own work.
 */
import { Ajv, type SchemaObject } from 'ajv';

/**
 * What is wrong with `value`, in one line; undefined when it fits.
 *
 * @param name what the line calls the value: `guest/memory must be integer`
 */
export function schemaViolations(schema: SchemaObject, value: unknown, name: string): string | undefined {
  const ajv = new Ajv({ allErrors: true });
  const validate = ajv.compile(schema);
  return validate(value) ? undefined : ajv.errorsText(validate.errors, { dataVar: name });
}
