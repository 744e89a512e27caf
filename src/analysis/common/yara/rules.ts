/** YARA-X as the plugins use it: rules in, matches out. Its WebAssembly is loaded when the first rules are compiled. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Compiler, initSync } from '@virustotal/yara-x';
import { UsageError } from '../../../core/errors.js';

export interface YaraMatch {
  readonly rule: string;
  readonly pattern: string;
  /** Offset in the scanned bytes. */
  readonly offset: number;
  readonly length: number;
  /** The first bytes of the match, in hex. */
  readonly bytes: string;
}

export interface YaraRules {
  readonly warnings: readonly string[];
  /** Whether they only say where a pattern is: what else is in the same file does not matter to them. */
  readonly seePlacesOnly: boolean;
  /** Every match of every pattern of the rules that hold for `bytes` taken as one file. */
  scan(bytes: Uint8Array): Iterable<YaraMatch>;
}

/** What the package's scan returns, as far as it is used here. */
interface ScanResult {
  readonly matches: readonly {
    readonly identifier: string;
    readonly patterns: readonly {
      readonly identifier: string;
      readonly matches: readonly { readonly offset: number; readonly length: number }[];
    }[];
  }[];
}

const SHOWN_BYTES = 32;
/** Matches of one pattern that a scan reports. */
export const MAX_MATCHES = 100_000;

let ready = false;

function initialize(): void {
  if (ready) return;
  const folder = dirname(createRequire(import.meta.url).resolve('@virustotal/yara-x/package.json'));
  initSync({ module: readFileSync(join(folder, 'pkg/yara_x_js_bg.wasm')) });
  ready = true;
}

/** Rules as text; `seePlacesOnly` as in `YaraRules`. */
export interface YaraSource {
  readonly text: string;
  readonly seePlacesOnly: boolean;
}

/** Compiles rules; throws `UsageError` with the compiler's first message when they are wrong. */
export function compileYara({ text, seePlacesOnly }: YaraSource): YaraRules {
  initialize();
  const compiler = new Compiler();
  try {
    compiler.addSource(text);
  } catch (error) {
    throw new UsageError(`the YARA rules do not compile: ${firstLines(error)}`);
  }
  // Building consumes the compiler.
  const { warnings } = compiler;
  const rules = compiler.build();
  const scanner = rules.scanner();
  scanner.setMaxMatchesPerPattern(MAX_MATCHES);
  return {
    warnings,
    seePlacesOnly,
    *scan(bytes) {
      const { matches } = scanner.scan(bytes) as ScanResult;
      for (const { identifier: rule, patterns } of matches) {
        for (const { identifier: pattern, matches: places } of patterns) {
          for (const { offset, length } of places) {
            const shown = bytes.subarray(offset, offset + Math.min(length, SHOWN_BYTES));
            yield { rule, pattern, offset, length, bytes: Buffer.from(shown).toString('hex') };
          }
        }
      }
    },
  };
}

/** A compiler message on one line: the error and where it is. */
function firstLines(error: unknown): string {
  return String((error as Error).message ?? error)
    .split('\n')
    .slice(0, 3)
    .map((line) => line.trim())
    .join(' ');
}
