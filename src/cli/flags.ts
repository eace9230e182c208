/** A command-line flag as data: feeds the parser, the help and the completion. */
export interface Flag {
  /** What stands for the value in the help; a flag without one is a boolean. */
  value?: string;
  short?: string;
  help: string;
  /** May be given several times; otherwise the last one counts, as in kubectl. */
  multiple?: true;
  /** The environment variable that gives the default. */
  env?: string;
  /** The default in words, for the help. */
  initial?: string;
  choices?: readonly string[];
}

export type Flags = Readonly<Record<string, Flag>>;

/** kubectl's global flags, with its names and meanings. */
export const connectionFlags = {
  as: { value: 'USER', help: 'User to impersonate' },
  'as-group': { value: 'GROUP', multiple: true, help: 'Group to impersonate (repeatable)' },
  'as-uid': { value: 'UID', help: 'UID to impersonate' },
  'cache-dir': { value: 'DIR', help: "kubectl's cache directory" },
  'certificate-authority': { value: 'FILE', help: 'Certificate authority of the API server' },
  'client-certificate': { value: 'FILE', help: 'Client certificate for TLS' },
  'client-key': { value: 'FILE', help: 'Client key for TLS' },
  cluster: { value: 'NAME', help: 'Cluster of the kubeconfig to use' },
  context: { value: 'NAME', help: 'Context of the kubeconfig to use' },
  'insecure-skip-tls-verify': { help: "Do not check the API server's certificate" },
  kubeconfig: { value: 'FILE', help: 'Kubeconfig file' },
  namespace: { value: 'NAMESPACE', short: 'n', help: 'Namespace of the request' },
  'request-timeout': { value: 'DURATION', help: 'How long one request to the API server may take' },
  server: { value: 'URL', short: 's', help: 'Address of the API server' },
  'tls-server-name': { value: 'NAME', help: "Name to check the API server's certificate against" },
  token: { value: 'TOKEN', help: 'Bearer token for the API server' },
  user: { value: 'NAME', help: 'User of the kubeconfig to use' },
  v: { value: 'LEVEL', short: 'v', help: 'Verbosity: 1 shows steps, 6 requests and commands' },
} satisfies Flags;

/** How debug pods are started (commands that look into nodes). */
export const debugFlags = {
  'debug-image': {
    value: 'IMAGE',
    env: 'NETINSPECT_DEBUG_IMAGE',
    initial: 'docker.io/nicolaka/netshoot:v0.16',
    help: 'Image of the debug pod',
  },
  'debug-namespace': {
    value: 'NAMESPACE',
    env: 'NETINSPECT_DEBUG_NAMESPACE',
    help: "Namespace of the debug pod (default: the request's)",
  },
  'image-pull-policy': {
    value: 'POLICY',
    env: 'NETINSPECT_IMAGE_PULL_POLICY',
    choices: ['Always', 'IfNotPresent', 'Never'],
    help: 'Pull policy of the debug image: Always, IfNotPresent or Never',
  },
  timeout: {
    value: 'DURATION',
    env: 'NETINSPECT_TIMEOUT',
    initial: '2m',
    help: 'How long the debug pod may take to start, and the collection to end',
  },
  keep: { value: 'DURATION', help: 'Leave the debug pod for later runs for so long' },
  via: {
    value: 'WAY',
    choices: ['debug', 'agent', 'api'],
    help: 'Way into the node: debug (a debug pod), agent (the tools of its kube-proxy or CNI pod), api (not at all); default: debug, agent where that is refused',
  },
  'dry-run': { help: 'Print the debug pod, requests and commands; change nothing' },
} satisfies Flags;

/** How debug pods are started for what cannot be tried out before. */
const { 'dry-run': _noTrial, via: _noChoice, ...startFlags } = debugFlags;
export const sessionFlags = startFlags;

export const containerFlag = {
  container: {
    value: 'CONTAINER',
    short: 'c',
    help: 'Container whose environment is taken, and whose files are at $CONTAINER_ROOT',
  },
} satisfies Flags;

/** How long what is started may last. */
export function durationFlag(initial: string, help: string) {
  return { duration: { value: 'DURATION', initial, help } } satisfies Flags;
}

export const saveFlag = {
  save: { value: 'FILE', help: 'Save the snapshot of this run (.tar.gz or a folder)' },
} satisfies Flags;

/** Commands that change something ask first. */
export const changeFlags = {
  yes: { help: 'Change it without asking' },
  'read-only': { env: 'NETINSPECT_READ_ONLY', help: 'Refuse to change anything' },
} satisfies Flags;

/** The formats that a command can print. */
export function outputFlag(...choices: string[]) {
  return {
    output: { value: 'FORMAT', short: 'o', initial: 'text', choices, help: `Output format: ${choices.join(', ')}` },
  } satisfies Flags;
}

export const evidenceFlag = {
  evidence: { help: 'Show where each fact comes from: command or API request, and raw text' },
} satisfies Flags;

/** Understood by every command. */
export const commonFlags = {
  from: { value: 'FILE', help: 'Read a saved snapshot (folder or .tar.gz), or the built-in "demo", not the cluster' },
  help: { short: 'h', help: 'Show help' },
} satisfies Flags;

/** Commands that open the screen. */
export const screenFlags = {
  ascii: { env: 'NETINSPECT_ASCII', help: 'Draw the screen in ASCII alone' },
} satisfies Flags;

/** Understood where no command is named: the screen opens. */
export const rootFlags = {
  ...sessionFlags,
  ...screenFlags,
  ...commonFlags,
  version: { help: 'Show the version' },
} satisfies Flags;
