import { execa } from 'execa';

export interface Output {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** Runs kubectl on a named kubeconfig only, whatever KUBECONFIG and kuberc of the user say; throws when it fails. */
export async function runKubectl(
  [command = '', ...first]: string[],
  kubeconfig: string,
  args: string[],
  input?: string,
): Promise<string> {
  const env = { KUBECONFIG: kubeconfig, KUBECTL_KUBERC: 'false' };
  const all = [...first, '--kubeconfig', kubeconfig, ...args];
  const { stdout } = await execa(command, all, { env, ...(input === undefined ? { stdin: 'ignore' } : { input }) });
  return stdout;
}
