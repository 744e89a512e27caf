/** The rows of a process's mount namespace are the lines of its /proc/PID/mountinfo, for every process. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image } from '../../../src/analysis/image.js';
import filesystems from '../../../src/analysis/linux/filesystems.js';
import mounts from '../../../src/analysis/linux/mounts.js';
import type { Row } from '../../../src/core/columns.js';
import type { GroundTruth } from '../../ground-truth/ground-truth.js';
import { openTestImage, typedLinuxImages, wholeRows } from '../test-kernels.js';

type Mount = Row<typeof mounts.columns>;

const found = typedLinuxImages();

const line = (row: Mount) => ({
  id: row.id,
  parentId: row.parentId,
  device: row.device,
  root: row.root,
  target: row.mountPoint,
  options: row.options,
  propagation: row.propagation,
  type: row.fsType,
  source: row.source,
  superOptions: row.superOptions,
});

describe.skipIf(found.length === 0)('mounts on real images (skipped when none is found)', () => {
  describe.each(found)('$name', (test) => {
    let image: Image;
    let truth: GroundTruth;
    let rows: Mount[];

    beforeAll(async () => {
      image = await openTestImage(test);
      truth = await test.truth();
      rows = await wholeRows<Mount>(image, mounts);
    });
    afterAll(() => image.close());

    it('equals mountinfo of every process, in its order', () => {
      const processes = [...truth.processes.values()].filter(({ mountinfo }) => mountinfo !== undefined);
      for (const { namespaces, mountinfo } of processes) {
        const own = rows.filter((row) => row.namespace === namespaces?.get('mnt'));
        expect(own.map(line)).toEqual(mountinfo);
      }
      expect(processes.length).toBeGreaterThan(20);
    });

    it("has no namespace but those of processes and the devtmpfs kernel thread's", () => {
      const known = new Set([...truth.processes.values()].map(({ namespaces }) => namespaces?.get('mnt')));
      const others = rows.filter((row) => !known.has(Number(row.namespace)));
      const owners = [...new Set(others.map((row) => row.pid))].map((pid) => truth.processes.get(Number(pid))?.comm);
      expect(owners).toEqual(['kdevtmpfs']);
      expect(others.map((row) => row.fsType)).toEqual(['rootfs', 'devtmpfs']);
    });

    it('answers for the namespace of one process', async () => {
      const contained = [...truth.processes.values()].find(({ cmdline }) => cmdline.join(' ') === 'sleep 55555')!;
      const own = await wholeRows<Mount>(image, mounts, { pid: [contained.pid] });
      expect(own.map(line)).toEqual(contained.mountinfo);
      expect(own.every((row) => row.pid === contained.pid && row.processes === 1 && row.reachable)).toBe(true);
    });

    it('finds the file system behind every mount', async () => {
      const systems = await wholeRows<Row<typeof filesystems.columns>>(image, filesystems);
      for (const { device, target, type } of truth.processes.get(1)?.mountinfo ?? []) {
        const system = systems.find((each) => each.device === device);
        expect(system?.type).toBe(type);
        expect(system?.mountPoints).toContain(target);
      }
      expect(new Set(systems.map((each) => each.device)).size).toBe(systems.length);
    });
  });
});
