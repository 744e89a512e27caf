/**
 * The JSON side of a symbol file: its records as the schema describes them, each checked when it is first read.
 *
 * No type model here (`isf-type-source.ts`) and no files (`read-isf.ts`).
 */
import { UserError } from '../../core/errors.js';
import * as validators from './isf-validators.generated.js';
import { indexJson, type JsonSection } from './json-index.js';

export type IsfType =
  | { readonly kind: 'base' | 'struct' | 'union' | 'class' | 'enum'; readonly name: string }
  | { readonly kind: 'pointer'; readonly base?: string; readonly subtype: IsfType }
  | { readonly kind: 'array'; readonly count: number; readonly subtype: IsfType }
  | { readonly kind: 'bitfield'; readonly bit_position: number; readonly bit_length: number; readonly type: IsfType }
  | { readonly kind: 'function' };

export interface IsfBaseType {
  readonly size: number;
  readonly signed?: boolean;
  readonly kind: 'void' | 'int' | 'float' | 'char' | 'bool';
  readonly endian: 'little' | 'big';
}

export interface IsfField {
  readonly offset: number;
  readonly type: IsfType;
  /** The member has no name in the source: its own members are its owner's. From format 6.2. */
  readonly anonymous?: boolean;
}

export interface IsfUserType {
  readonly kind: 'struct' | 'union' | 'class';
  readonly size: number;
  readonly fields: Readonly<Record<string, IsfField>>;
}

/** An integer; as text when it has 16 digits or more, because a double does not hold it. */
export type IsfInteger = number | string;

export interface IsfEnum {
  readonly size: number;
  readonly base: string;
  readonly constants: Readonly<Record<string, IsfInteger>>;
}

export interface IsfSymbol {
  readonly address: IsfInteger;
  readonly type?: IsfType;
  /** Base64 of what the symbol holds; the banner of `linux_banner`. */
  readonly constant_data?: string;
}

export interface IsfMetadata {
  readonly format: string;
  readonly producer?: { readonly name?: string; readonly version?: string };
  readonly linux?: object;
  readonly windows?: object;
}

interface Validator<Record> {
  (data: unknown): data is Record;
  errors?: readonly { readonly instancePath: string; readonly message?: string }[] | null;
}

/** Symbol files describe one kernel build; hint of all errors about unusable ones. */
const HINT = 'build a new one with `memlapse profile build`, or check it with `memlapse profile check`';

const SECTIONS = ['base_types', 'user_types', 'enums', 'symbols'] as const;

export class IsfDocument {
  /** What messages call it. */
  readonly name: string;
  readonly metadata: IsfMetadata;
  readonly #sections: ReadonlyMap<string, JsonSection>;
  readonly #baseTypes = new Map<string, IsfBaseType | undefined>();

  /** Throws `UserError` when `bytes` are not a symbol file at all. What lies inside is checked when it is read. */
  constructor(name: string, bytes: Buffer) {
    this.name = name;
    const sections = indexJson(bytes);
    if (sections === undefined) throw new UserError(`${name} is no complete JSON object`, HINT);
    const missing = SECTIONS.find((section) => !sections.has(section));
    if (missing !== undefined) throw new UserError(`${name} is no symbol file (ISF): it has no "${missing}"`, HINT);
    this.#sections = sections;
    const metadata = sections.get('metadata');
    if (metadata === undefined) throw new UserError(`${name} is no symbol file (ISF): it has no "metadata"`, HINT);
    const entries = [...metadata.keys()].map((key, index) => [
      key,
      this.#parse(`metadata ${key}`, metadata.textAt(index)),
    ]);
    this.metadata = this.#checked('metadata', Object.fromEntries(entries), metadataValidator);
  }

  baseType(name: string): IsfBaseType | undefined {
    if (!this.#baseTypes.has(name)) this.#baseTypes.set(name, this.#record('base_types', name, baseTypeValidator));
    return this.#baseTypes.get(name);
  }

  userType(name: string): IsfUserType | undefined {
    return this.#record('user_types', name, userTypeValidator);
  }

  enum(name: string): IsfEnum | undefined {
    return this.#record('enums', name, enumValidator);
  }

  symbol(name: string): IsfSymbol | undefined {
    return this.#record('symbols', name, symbolValidator);
  }

  names(section: (typeof SECTIONS)[number]): Iterable<string> {
    return this.#section(section).keys();
  }

  /** Records in a section. */
  count(section: (typeof SECTIONS)[number]): number {
    return this.#section(section).size;
  }

  /** Name and address of every symbol, without the checks and the objects of `symbol`: there can be 200,000. */
  *addresses(): Generator<{ readonly name: string; readonly address: bigint }> {
    const section = this.#section('symbols');
    for (let index = 0; index < section.size; index++) {
      const digits = /"address"\s*:\s*(\d{1,20})/.exec(section.textAt(index))?.[1];
      if (digits !== undefined) yield { name: section.keyAt(index), address: BigInt(digits) };
    }
  }

  #section(name: string): JsonSection {
    return this.#sections.get(name) as JsonSection;
  }

  #record<Kind>(section: string, name: string, validator: Validator<Kind>): Kind | undefined {
    const text = this.#section(section).text(name);
    if (text === undefined) return undefined;
    const what = `${section} "${name}"`;
    return this.#checked(what, this.#parse(what, text), validator);
  }

  #parse(what: string, text: string): unknown {
    if (nesting(text) > MAX_DEPTH) throw new UserError(`${this.name}: ${what} is nested too deeply`, HINT);
    try {
      // Addresses and masks beyond 2^53 would lose their low bits as numbers.
      return JSON.parse(text.replace(/(:\s*)(-?\d{16,20})(?=\s*[,}])/g, '$1"$2"'));
    } catch {
      throw new UserError(`${this.name}: ${what} is not JSON`, HINT);
    }
  }

  #checked<Kind>(what: string, value: unknown, validator: Validator<Kind>): Kind {
    if (validator(value)) return value;
    const error = validator.errors?.[0];
    const place = error?.instancePath ? ` at ${error.instancePath}` : '';
    throw new UserError(`${this.name}: ${what}${place} ${error?.message ?? 'is not as the schema says'}`, HINT);
  }
}

/** Types nest a dozen deep (pointer to array of pointer …); the validators and readers recurse. */
const MAX_DEPTH = 256;

/** How deep braces nest in `text`; those inside of strings count too, which is harmless here. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth--;
  }
  return deepest;
}

const metadataValidator = validators.metadataValidator as unknown as Validator<IsfMetadata>;
const baseTypeValidator = validators.baseTypeValidator as unknown as Validator<IsfBaseType>;
const userTypeValidator = validators.userTypeValidator as unknown as Validator<IsfUserType>;
const enumValidator = validators.enumValidator as unknown as Validator<IsfEnum>;
const symbolValidator = validators.symbolValidator as unknown as Validator<IsfSymbol>;
