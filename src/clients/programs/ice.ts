/** Gathers the ICE candidates of a WebRTC library; tells one line of JSON. `ice.js LIBRARY PORT STUN-SERVER…` */
import { readFileSync } from 'node:fs';

interface Candidate {
  type: string;
  address: string;
  port: number;
  priority: number;
}

const [library, port, ...servers] = process.argv.slice(2);
const candidates: Candidate[] = [];

/** candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ TYPE … (RFC 8839 section 5.1). */
const add = (line: string): void => {
  const words = line.trim().split(' ');
  const [, , , priority, address, port, , type] = words;
  if (address && type) candidates.push({ type, address, port: Number(port), priority: Number(priority) });
};

const gatherers: Record<string, () => Promise<void>> = {
  libjuice: async () => {
    const { PeerConnection } = await import('node-datachannel');
    await new Promise<void>((done) => {
      const connection = new PeerConnection('host', {
        // It takes no IPv6 address in a URL.
        iceServers: servers.map((hostname) => ({ hostname, port: Number(port) })),
      });
      connection.onLocalCandidate(add);
      connection.onGatheringStateChange((state) => state === 'complete' && done());
      connection.createDataChannel('probe');
    });
  },
  werift: async () => {
    const { RTCPeerConnection } = await import('werift');
    // It reads a URL up to the first colon: no IPv6 address.
    const ipv4 = servers.filter((address) => !address.includes(':'));
    const connection = new RTCPeerConnection({
      iceServers: ipv4.map((address) => ({ urls: `stun:${address}:${port}` })),
    });
    connection.createDataChannel('probe');
    await connection.setLocalDescription(await connection.createOffer());
    const { sdp } = connection.localDescription!;
    for (const [, line] of sdp.matchAll(/^a=(candidate:.*?)\r?$/gm)) add(line!);
  },
};

const PACKAGE: Record<string, string> = { libjuice: 'node-datachannel', werift: 'werift' };
// Neither package exports its package.json.
const manifest = new URL(`../node_modules/${PACKAGE[library!]}/package.json`, import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };

await gatherers[library!]!();
process.stdout.write(`${JSON.stringify({ version, candidates })}\n`, () => process.exit(0));
