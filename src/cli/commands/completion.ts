import { exitCodes, UsageError } from '../../errors.ts';
import type { Command } from '../command.ts';

/**
 * The scripts complete `kubectl-netinspect`; they ask `kubectl-netinspect __complete WORD…`, which prints a word a line and
 * then `:4` (no files) or `:0` (files too). `kubectl netinspect` is completed by kubectl, through
 * kubectl_complete-netinspect (app/completion-file.ts).
 */
const scripts: Record<string, string> = {
  bash: `_kubectl_netinspect() {
  local lines
  mapfile -t lines < <(kubectl-netinspect __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  local directive="\${lines[-1]}"
  unset 'lines[-1]'
  COMPREPLY=("\${lines[@]}")
  if [ "$directive" = ":0" ] && [ "\${#COMPREPLY[@]}" -eq 0 ]; then compopt -o default; fi
}
complete -F _kubectl_netinspect kubectl-netinspect
`,
  zsh: `#compdef kubectl-netinspect
_kubectl_netinspect() {
  local -a lines
  lines=("\${(@f)$(kubectl-netinspect __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  local directive="$lines[-1]"
  lines[-1]=()
  compadd -- $lines
  [[ "$directive" == ":0" ]] && _files
}
compdef _kubectl_netinspect kubectl-netinspect
`,
  fish: `function __kubectl_netinspect
  set -l words (commandline -opc)
  kubectl-netinspect __complete $words[2..] (commandline -ct) 2>/dev/null | string match -v -r '^:\\d$'
end
complete -c kubectl-netinspect -f -a '(__kubectl_netinspect)'
complete -c kubectl-netinspect -F -l from
complete -c kubectl-netinspect -F -l save
complete -c kubectl-netinspect -F -l rules
complete -c kubectl-netinspect -F -l packets
`,
  powershell: `Register-ArgumentCompleter -Native -CommandName kubectl-netinspect -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($wordToComplete -eq '') { $words += '""' }
  kubectl-netinspect __complete @words 2>$null | Where-Object { $_ -notmatch '^:\\d$' } |
    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
`,
};

export const completion: Command = {
  name: 'completion',
  aliases: [],
  operands: [...Object.keys(scripts), 'kubectl'].join('|'),
  maxArgs: 1,
  summary: 'Print the completion script for a shell, or for kubectl itself.',
  examples: [
    ['Completion of "kubectl netinspect" wherever kubectl is completed', 'completion kubectl --install'],
    ['Completion of kubectl-netinspect in this bash', 'completion bash > netinspect.bash && source netinspect.bash'],
  ],
  flags: { install: { help: 'With kubectl: put its completer beside kubectl-netinspect, on PATH' } },
  connects: false,
  async run({ args: [shell], flags, terminal }) {
    if (flags.on('install') && shell !== 'kubectl')
      throw new UsageError(
        'flag-conflict',
        '--install is for kubectl',
        'write: kubectl netinspect completion kubectl --install',
      );
    await terminal.print(shell === 'kubectl' ? await forKubectl(flags.on('install'), terminal.env) : scriptOf(shell));
    return exitCodes.ok;
  },
};

async function forKubectl(install: boolean, env: NodeJS.ProcessEnv): Promise<string> {
  const { installCompleter, kubectlCompleter } = await import('../../app/completion-file.ts');
  if (!install) return kubectlCompleter();
  return `${installCompleter(env['PATH'] ?? '')}\nkubectl now completes "kubectl netinspect", in a shell that has kubectl's own completion\n`;
}

function scriptOf(shell: string | undefined): string {
  const script = Object.entries(scripts).find(([name]) => name === shell)?.[1];
  if (script !== undefined) return script;
  throw new UsageError(
    'bad-shell',
    shell === undefined ? 'a shell is needed' : `there is no completion for ${JSON.stringify(shell)}`,
    `give one of: ${[...Object.keys(scripts), 'kubectl'].join(', ')}`,
  );
}
