import { copyFile, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  corednsImage,
  kubeProxyImage,
  nodes,
  type ProxyMode,
  pauseImage,
  toolImage,
  toolImageToPull,
  webImage,
} from '../plan.ts';
import type { Say } from '../say.ts';
import { buildKubeProxyTools } from './kube-proxy-tools.ts';
import { buildLayer, type Image, type Layer, writeLayout } from './oci.ts';
import { buildToolTree } from './tool-image.ts';

/** Builds every image of the cluster from the programs and this machine's packages; gives an OCI image layout folder. */
export async function buildImages(programs: string, say: Say): Promise<string> {
  const program = (name: string, at: string) => programLayer(join(programs, name), at, say);
  const kubeProxy = await program('kube', '/usr/local/bin/kube-proxy');
  const images: Image[] = [
    { references: [pauseImage], layers: [await program('pause', '/pause')], config: { Entrypoint: ['/pause'] } },
    {
      references: [corednsImage],
      layers: [await program('coredns', '/coredns')],
      config: { Entrypoint: ['/coredns'] },
    },
    {
      references: [webImage],
      layers: [await program('web', '/web')],
      config: { Entrypoint: ['/web'], User: '65532:65532' },
    },
    { references: [toolImage, toolImageToPull], layers: [await buildToolTree(say)], config: { Cmd: ['/bin/bash'] } },
  ];
  for (const { proxyMode } of nodes) images.push(await kubeProxyOf(proxyMode, kubeProxy, say));
  return writeLayout(images, say);
}

/** kube-proxy with the rule tools of one flavour and nothing else: no shell, no conntrack, as upstream's distroless image. */
async function kubeProxyOf(mode: ProxyMode, kubeProxy: Layer, say: Say): Promise<Image> {
  return {
    references: [kubeProxyImage(mode)],
    layers: [kubeProxy, await buildKubeProxyTools(mode, say)],
    config: { Entrypoint: ['/usr/local/bin/kube-proxy'] },
  };
}

/** One static program as a layer; `programs` is named by its content, so its path says what it is. */
function programLayer(program: string, at: string, say: Say): Promise<Layer> {
  return buildLayer(basename(at), [program, at], say, async dir => {
    await mkdir(join(dir, 'root', dirname(at)), { recursive: true });
    await copyFile(program, join(dir, 'root', at));
  });
}
