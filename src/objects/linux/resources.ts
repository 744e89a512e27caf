/** The kernel's trees of address ranges: physical memory and I/O ports. Source: include/linux/ioport.h, kernel/resource.c. */
import type { StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';

export interface Resource {
  readonly depth: number;
  readonly start: bigint;
  /** Inclusive, as the kernel keeps it. */
  readonly end: bigint;
  readonly name: string | undefined;
  readonly address: bigint;
}

/** No honest tree has more. */
const MAX_RESOURCES = 100_000;

/** Everything below the tree's root, depth first; the root itself is left out. */
export function* resources(kernel: LinuxKernel, root: 'iomem_resource' | 'ioport_resource'): Generator<Resource> {
  const seen = new Set<bigint>();
  const stack: { node: StructView; depth: number }[] = [];
  const push = (node: StructView | undefined, depth: number) => {
    if (node === undefined) return;
    if (seen.has(node.address) || seen.size >= MAX_RESOURCES) {
      kernel.faults.note(node.address, 'cycle in a resource tree');
      return;
    }
    seen.add(node.address);
    stack.push({ node, depth });
  };
  push(kernel.global(root, 'resource').follow('child'), 0);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, depth } = next;
    yield {
      depth,
      start: node.big('start') ?? 0n,
      end: node.big('end') ?? 0n,
      name: node.textAt('name', 256),
      address: node.address,
    };
    push(node.follow('sibling'), depth);
    push(node.follow('child'), depth + 1);
  }
}
