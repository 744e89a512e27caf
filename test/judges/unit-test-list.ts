/**
 * kvm-unit-tests' own list of tests (x86/unittests.cfg): an INI-like file, one section a test. What of it can be asked
 * of one processor without virtualisation extensions, and why the rest cannot.
 */

export interface UnitTest {
  readonly name: string;
  /** Binary in x86/, without its folder. */
  readonly file: string;
  readonly args: string;
  /** QEMU's options for it, a list of words. */
  readonly qemuOptions: readonly string[];
  readonly memory: string;
  readonly arch: 'i386' | 'x86_64' | undefined;
  readonly groups: readonly string[];
}

/** Sections by their setting names; comments start with '#'. */
function readSections(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of text.split('\n')) {
    const heading = /^\[([^\]]+)\]/.exec(line);
    const setting = /^(\w+)\s*=\s*(.*?)\s*$/.exec(line);
    if (heading !== null) {
      current = new Map();
      sections.set(heading[1] as string, current);
    } else if (setting !== null) current?.set(setting[1] as string, setting[2] as string);
  }
  return sections;
}

const unquote = (text: string): string => text.replace(/^(["'])(.*)\1$/, '$2');

export function readUnitTests(text: string): UnitTest[] {
  return [...readSections(text)].map(([name, settings]) => {
    const options = (settings.get('qemu_params') ?? settings.get('extra_params') ?? '').split(/\s+/).filter(Boolean);
    const memoryAt = options.indexOf('-m');
    const arch = settings.get('arch');
    return {
      name,
      file: settings.get('file') ?? '',
      args: unquote(settings.get('test_args') ?? ''),
      // TCG has no host processor to show; KVM's own switches mean nothing to it.
      qemuOptions: options
        .filter((word) => word !== '-enable-kvm')
        .map((word) => (word.startsWith('host,') || word === 'host' ? 'max' : word.replace(',host-phys-bits', ''))),
      memory: memoryAt < 0 ? '' : (options[memoryAt + 1] as string),
      arch: arch === 'i386' || arch === 'x86_64' ? arch : undefined,
      groups: (settings.get('groups') ?? '').split(/\s+/).filter(Boolean),
    };
  });
}

/** Why a test makes no sense for the machine, or undefined when it is to be run. First rule that fits. */
const NOT_OURS: readonly (readonly [RegExp, string])[] = [
  [/^(vmx|ept|svm)/, 'VMX and SVM: the processor has no virtualisation extensions'],
  [/^vmexit|^tscdeadline_latency/, 'measures how long a hypervisor takes; judges nothing'],
  [/^hyperv|^kvmclock|^asyncpf|^hypercall|^vmware/, 'interfaces of a hypervisor to its guest'],
  [/^pmu/, 'performance counters of a host processor (KVM only)'],
  [/^smptest/, 'several processors'],
  [/^intel_iommu/, 'the machine has no IOMMU'],
  [/_fep$|reduced-maxphyaddr/, "switches of KVM's"],
];

export function notOurs({ name }: UnitTest): string | undefined {
  return NOT_OURS.find(([pattern]) => pattern.test(name))?.[1];
}
