/** Which kernel modules labs need, and in which order they load. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { decompressed } from './compression.ts';

/** What a lab may ask the kernel for; what is built in, or is not there at all, is no module. */
const FOR_LABS = [
  'crc32c_generic',
  'crc32c',
  'ipv6',
  'af_packet',
  'veth',
  'bridge',
  'tun',
  'dummy',
  '8021q',
  'macvlan',
  'vxlan',
  'vrf',
  'wireguard',
  'sit',
  'ip6_tunnel',
  'ip6_gre',
  'ip_gre',
  'overlay',
  'unix_diag',
  'inet_diag',
  'tcp_diag',
  'udp_diag',
  'netlink_diag',
  'af_packet_diag',
  'sch_netem',
  'sch_tbf',
  'sch_ingress',
  'sch_fq_codel',
  'cls_u32',
  'cls_basic',
  'cls_flower',
  'nf_tables',
  'nf_conntrack',
  'nft_chain_nat',
  'nft_counter',
  'nft_ct',
  'nft_fib_inet',
  'nft_fib_ipv4',
  'nft_fib_ipv6',
  'nft_limit',
  'nft_log',
  'nft_masq',
  'nft_nat',
  'nft_redir',
  'nft_reject_inet',
  'nft_reject_ipv4',
  'nft_reject_ipv6',
  'nft_reject_bridge',
  'nft_socket',
  'nft_meta_bridge',
];

/** The channel and the files of a QEMU guest. */
export const FOR_QEMU = ['virtio_pci', 'virtio_console', 'virtio_rng', '9pnet_virtio', '9p'];

/** Of one that is the host alone, before it has anything to load others from. */
export const FOR_QEMU_HOST = ['virtio_pci', 'virtio_console', 'virtio_net', '9pnet_virtio', '9p'];

export interface Module {
  name: string;
  /** Not compressed: as insmod takes it. */
  content: Buffer;
}

/** Those that labs may ask for, of an image's folder of modules; none where all is built in. */
export const modulesForLabs = (folder?: string): Promise<Module[]> => modulesNamed(FOR_LABS, folder);

/** Those that the folder has, each after those that it depends on. */
export const modulesNamed = async (names: string[], folder?: string): Promise<Module[]> => {
  if (folder === undefined) return [];
  const files = moduleFiles(folder);
  const loaded = new Map<string, Module>();
  const load = async (name: string): Promise<void> => {
    const file = files.get(name);
    if (!file || loaded.has(name)) return;
    const content = await decompressed(readFileSync(file));
    for (const dependency of dependenciesOf(content)) await load(dependency);
    loaded.set(name, { name, content });
  };
  for (const name of names) await load(name);
  return [...loaded.values()];
};

const moduleFiles = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.ko(\.\w+)?$/.test(path))
      .map((path) => [canonical(basename(path).replace(/\.ko.*$/, '')), join(folder, path)]),
  );

/** A module's name has underscores where its file may have dashes. */
const canonical = (name: string): string => name.replaceAll('-', '_');

export const dependenciesOf = (content: Buffer): string[] =>
  fieldsOf(content, 'depends')
    .flatMap((names) => names.split(','))
    .filter(Boolean)
    .map(canonical);

/** From the section .modinfo of the module, where each stands as name=value. */
export const fieldsOf = (content: Buffer, name: string): string[] => {
  const mark = Buffer.from(`\0${name}=`);
  const values: string[] = [];
  for (let at = content.indexOf(mark); at >= 0; at = content.indexOf(mark, at + 1)) {
    const from = at + mark.length;
    values.push(content.toString('latin1', from, content.indexOf(0, from)));
  }
  return values;
};
