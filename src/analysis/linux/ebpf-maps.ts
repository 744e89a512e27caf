/** `ebpf-maps`: the data structures that BPF programs share with user programs. */
import { column } from '../../core/columns.js';
import { bpfMaps, bpfTypeName } from '../../objects/linux/bpf.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'ebpf-maps',
  scope: 'linux',
  summary: 'List the BPF maps',
  examples: ['linux ebpf-maps -f memory.raw'],
  columns: {
    id: column.integer('Number of the map'),
    name: column.text('Name given by the loader'),
    type: column.text('Kind of map'),
    keySize: column.size('Bytes of a key'),
    valueSize: column.size('Bytes of a value'),
    maxEntries: column.integer('Most entries it can hold'),
    offset: column.address('Address of the struct bpf_map'),
  },
  *rows(kernel) {
    for (const map of bpfMaps(kernel)) {
      yield {
        id: map.num('id'),
        name: map.text('name'),
        type: bpfTypeName(kernel, 'bpf_map_type', map.num('map_type')),
        keySize: map.num('key_size'),
        valueSize: map.num('value_size'),
        maxEntries: map.num('max_entries'),
        offset: map.address,
      };
    }
  },
});
