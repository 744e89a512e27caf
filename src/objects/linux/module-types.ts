/**
 * Types that modules bring along: each carries BTF of its own, split from the kernel's (CONFIG_DEBUG_INFO_BTF_MODULES,
 * since 5.11; `btf_data` in struct module, include/linux/module.h).
 *
 * Looked into only for names that the kernel itself does not have, and only then read.
 */
import { Btf } from '../../formats/btf/btf.js';
import { BtfTypeSource } from '../../profiles/btf/btf-type-source.js';
import type { EnumType, StructType, TypeSource } from '../../profiles/types.js';
import type { LinuxKernel } from './kernel.js';
import { modules } from './modules.js';

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
    if (!kernel.struct('module', 0n).has('btf_data') || kernel.address('modules') === undefined) return;
    for (const module of modules(kernel)) {
      const address = module.ptr('btf_data') ?? 0n;
      const size = module.num('btf_data_size') ?? 0;
      if (address === 0n || size === 0 || size > MAX_BTF) continue;
      const bytes = new Uint8Array(size);
      if (kernel.space.read(address, bytes) < size) continue;
      const btf = Btf.open(bytes, this.#kernelBtf);
      if (btf !== undefined) yield new BtfTypeSource(btf, this.pointerSize);
    }
  }
}
