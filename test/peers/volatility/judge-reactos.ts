/** Puts the questions of `nt-comparisons.ts` to memlapse and to Volatility, on the ReactOS image. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Image } from '../../../src/analysis/image.js';
import { loadPlugin } from '../../../src/analysis/registry.js';
import type { Row } from '../../../src/core/columns.js';
import { openMemory } from '../../../src/formats/open-image.js';
import type { WindowsKernel } from '../../../src/objects/windows/kernel.js';
import { wholeRows } from '../../analysis/test-kernels.js';
import type { TestImage } from '../../ground-truth/images.js';
import { type Compared, type Comparison, compareFacts } from './comparison.js';
import { type VolatilityResult, volatilityConfiguration, volatilityRows } from './volatility.js';

/** An image that both can be asked about, until it is closed. */
export class JudgedImage {
  readonly #image: Image;
  readonly #kernel: WindowsKernel;
  readonly #path: string;
  readonly #folder: string;

  private constructor(image: Image, kernel: WindowsKernel, path: string, folder: string) {
    this.#image = image;
    this.#kernel = kernel;
    this.#path = path;
    this.#folder = folder;
  }

  /** Opens it and writes the configuration that Volatility needs. The symbol file must lie beside the image. */
  static async open(test: TestImage): Promise<JudgedImage> {
    const [path, symbols] = [await test.path(), await test.file('symbols.json')];
    const image = new Image(test.name, await openMemory(path), { cache: false });
    const kernel = await image.requireWindows();
    const folder = mkdtempSync(join(tmpdir(), 'memlapse-volatility-'));
    const judged = new JudgedImage(image, kernel, path, folder);
    const configuration = volatilityConfiguration({ image: path, symbols, kernel: kernel.location });
    writeFileSync(judged.configuration, JSON.stringify(configuration));
    return judged;
  }

  /** The configuration file for `vol.py -c`. */
  get configuration(): string {
    return join(this.#folder, 'volatility.json');
  }

  /** What a plugin of Volatility says. */
  peer(plugin: readonly string[]): VolatilityResult {
    return volatilityRows(this.#path, this.configuration, plugin);
  }

  /** Both sides of one question; throws when Volatility's plugin fails. */
  async compare(comparison: Comparison): Promise<Compared> {
    const plugin = await loadPlugin({ folder: 'windows', name: comparison.name });
    const rows = await wholeRows<Row>(this.#image, plugin, comparison.options);
    const result = this.peer(comparison.peer);
    if ('failure' in result) throw new Error(`${comparison.peer.join(' ')}: ${result.failure}`);
    const ours = rows.flatMap((row) => comparison.ours(row, this.#kernel));
    const theirs = result.rows.flatMap((row) => comparison.theirs(row));
    return compareFacts(ours, theirs, comparison.explained);
  }

  close(): void {
    this.#image.close();
    rmSync(this.#folder, { recursive: true });
  }
}
