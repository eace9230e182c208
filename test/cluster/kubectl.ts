import { execa } from 'execa';

export interface Output {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** Runs kubectl on a named kubeconfig only, whatever KUBECONFIG and kuberc of the user say; throws when it fails. */
export async function runKubectl(kubectl: string, kubeconfig: string, args: string[], input?: string): Promise<string> {
  const env = { KUBECONFIG: kubeconfig, KUBECTL_KUBERC: 'false' };
  const { stdout } = await execa(kubectl, ['--kubeconfig', kubeconfig, ...args], {
    env,
    ...(input !== undefined && { input }),
  });
  return stdout;
}
