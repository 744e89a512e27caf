/**
 * Types that modules bring along: each carries BTF of its own, split from the kernel's (CONFIG_DEBUG_INFO_BTF_MODULES,
 * since 5.11). The kernel keeps it in `btf_modules` (kernel/bpf/btf.c); `btf_data` in struct module is gone after loading.
 *
 * Looked into only for names that the kernel itself does not have, and only then read.
 */
import { Btf } from '../../formats/btf/btf.js';
import { BtfTypeSource } from '../../profiles/btf/btf-type-source.js';
import type { EnumType, StructType, TypeSource } from '../../profiles/types.js';
import type { LinuxKernel } from './kernel.js';
import { listEntries } from './lists.js';

/** Larger than any module's; ext4 has 0.1 MB. */
const MAX_BTF = 16 * 1024 * 1024;

export class ModuleTypes implements TypeSource {
  readonly pointerSize: 4 | 8;
  readonly #kernelTypes: TypeSource;
  readonly #kernelBtf: Btf;
  readonly #kernel: () => LinuxKernel;
  #modules: readonly BtfTypeSource[] | undefined;

  /** @param kernel gives the kernel whose modules are read; asked when a name is first missing from `kernelTypes` */
  constructor(kernelTypes: TypeSource, kernelBtf: Btf, kernel: () => LinuxKernel) {
    this.pointerSize = kernelTypes.pointerSize;
    this.#kernelTypes = kernelTypes;
    this.#kernelBtf = kernelBtf;
    this.#kernel = kernel;
  }

  struct(name: string): StructType | undefined {
    return this.#kernelTypes.struct(name) ?? this.#first((types) => types.struct(name));
  }

  enum(name: string): EnumType | undefined {
    return this.#kernelTypes.enum(name) ?? this.#first((types) => types.enum(name));
  }

  /** Those of the kernel proper: a symbol file for all boots cannot hold what modules happened to be loaded. */
  structNames(): Iterable<string> {
    return this.#kernelTypes.structNames();
  }

  enumNames(): Iterable<string> {
    return this.#kernelTypes.enumNames();
  }

  #first<T>(find: (types: BtfTypeSource) => T | undefined): T | undefined {
    for (const types of this.#loaded()) {
      const found = find(types);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #loaded(): readonly BtfTypeSource[] {
    if (this.#modules === undefined) {
      // Reading the modules looks types up; those that are missing then are missing.
      this.#modules = [];
      this.#modules = [...this.#read()];
    }
    return this.#modules;
  }

  *#read(): Generator<BtfTypeSource> {
    const kernel = this.#kernel();
    const head = kernel.address('btf_modules');
    const known = kernel.field('btf_module', 'list') !== undefined && kernel.field('btf', 'data_size') !== undefined;
    if (head === undefined || !known) return;
    for (const module of listEntries(kernel, head, 'btf_module', 'list')) {
      const types = module.follow('btf');
      const address = types?.ptr('data') ?? 0n;
      const size = types?.num('data_size') ?? 0;
      if (address === 0n || size === 0 || size > MAX_BTF) continue;
      const bytes = new Uint8Array(size);
      if (kernel.space.read(address, bytes) < size) continue;
      const btf = Btf.open(bytes, this.#kernelBtf);
      if (btf !== undefined) yield new BtfTypeSource(btf, this.pointerSize);
    }
  }
}
