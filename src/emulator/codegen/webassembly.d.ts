/**
 * The part of the WebAssembly JavaScript interface that the emulator uses. TypeScript ships it only with the DOM
 * library, which code that must not know its host cannot include.
 */
declare namespace WebAssembly {
  type ImportValue = Memory | Table | ((...args: never[]) => unknown);

  class Memory {
    constructor(descriptor: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
  }

  class Table {
    constructor(descriptor: { element: 'anyfunc'; initial: number; maximum?: number });
    readonly length: number;
    get(index: number): unknown;
    set(index: number, value: unknown): void;
    grow(delta: number): number;
  }

  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
    static imports(
      module: Module,
    ): { module: string; name: string; kind: 'function' | 'memory' | 'table' | 'global' }[];
    static customSections(module: Module, name: string): ArrayBuffer[];
    private readonly brand: undefined;
  }

  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, ImportValue>>);
    readonly exports: Record<string, unknown>;
  }
}
