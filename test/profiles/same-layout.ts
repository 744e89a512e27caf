/** How two sources describe one structure differently: a line each, empty when they agree. */
import type { StructType, TypeRef, TypeSource } from '../../src/profiles/types.js';

/**
 * Sizes, members, and the bits at which each member starts; types only by what a reader of memory makes of them.
 *
 * @param ambiguous names that stand for several structures: sources may mean different ones, so that the sizes of
 *   members of these types are not compared
 */
export function layoutDifferences(
  a: TypeSource,
  b: TypeSource,
  name: string,
  ambiguous: ReadonlySet<string> = new Set(),
): string[] {
  const left = a.struct(name);
  const right = b.struct(name);
  if (left === undefined || right === undefined) return [`${name}: only in one`];
  const lines = left.size === right.size ? [] : [`${name}: size ${left.size}, ${right.size}`];
  if (left.union !== right.union) lines.push(`${name}: union in one`);
  const members = new Set([...left.fields.keys(), ...right.fields.keys()]);
  for (const member of members) {
    const places = [placeOf(a, left, member, ambiguous), placeOf(b, right, member, ambiguous)];
    if (places[0] !== places[1]) lines.push(`${name}.${member}: ${places.join(', ')}`);
  }
  return lines;
}

function placeOf(types: TypeSource, struct: StructType, member: string, ambiguous: ReadonlySet<string>): string {
  const field = struct.fields.get(member);
  if (field === undefined) return 'none';
  const { offset, type } = field;
  if (type.kind === 'bitfield') return `bit ${offset * 8 + type.position}, ${type.bits} wide`;
  return `byte ${offset}, ${formOf(types, type, ambiguous)}`;
}

/** Arrays of several dimensions count as one of their product, which is how pahole writes them. */
function formOf(types: TypeSource, type: TypeRef, ambiguous: ReadonlySet<string>): string {
  switch (type.kind) {
    case 'int':
      return `${type.signed ? 'signed' : 'unsigned'} ${type.size}`;
    case 'pointer':
      return 'pointer';
    case 'array': {
      let count = type.count;
      let { element } = type;
      for (; element.kind === 'array'; element = element.element) count *= element.count;
      return `${count} of ${formOf(types, element, ambiguous)}`;
    }
    case 'struct':
      if (ambiguous.has(type.name.split('@', 1)[0] ?? '')) return 'aggregate';
      return `aggregate of ${types.struct(type.name)?.size}`;
    case 'enum':
      return `enum of ${type.size}`;
    case 'float':
    case 'bool':
      return `${type.kind} ${type.size}`;
    default:
      return type.kind;
  }
}
