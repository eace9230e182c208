import { describe, expect, test } from '@jest/globals';
import { containerIdOf, parsePids } from '../../src/parse/pids.ts';

const id = '2a473401e0a551478c4546b8277a15d0a27091c9c9a2ce9ad1cafae2d5ae05e2';
const uid = 'c05aa037-e9ab-40a7-8efc-0d12a02ae3b7';
const slice = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`;

// Forms: kubernetes pkg/kubelet/cm/cgroup_manager_linux.go (drivers), containerd internal/cri/server/podsandbox
// (cri-containerd), CRI-O internal/config/cgmgr (crio, crio-conmon), dockerd daemon/daemon_unix.go (docker).
describe('the container of a cgroup', () => {
  test.each([
    ['containerd, cgroupfs driver (recorded)', `/kubepods/besteffort/pod${uid}/${id}`, id],
    [
      'containerd, all hierarchies of cgroup v1',
      `12:pids:/kubepods/pod${uid}/${id}\n1:name=systemd:/kubepods/pod${uid}/${id}`,
      id,
    ],
    ['containerd, systemd driver (unproven live)', `${slice}/cri-containerd-${id}.scope`, id],
    ['containerd, a cgroup of its own below (unproven live)', `0::${slice}/cri-containerd-${id}.scope/init`, id],
    [
      'kind (unproven live)',
      `0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${id}.scope`,
      id,
    ],
    ['not expanded by systemd (unproven live)', `0::/system.slice:cri-containerd:${id}`, id],
    ['CRI-O (unproven live)', `0::${slice}/crio-${id}.scope`, id],
    ['CRI-O’s monitor is no container (unproven live)', `0::${slice}/crio-conmon-${id}.scope`, null],
    ['CRI-O, cgroupfs driver (unproven live)', `/kubepods/besteffort/pod${uid}/crio-${id}`, id],
    ['Docker, systemd driver (unproven live)', `0::${slice}/docker-${id}.scope`, id],
    ['Docker, cgroupfs driver (unproven live)', `/kubepods/burstable/pod${uid}/${id}`, id],
    ['the pod itself', `/kubepods/besteffort/pod${uid}`, null],
    ['nothing', '', null],
  ])('%s', (_, cgroup, containerId) => {
    expect(containerIdOf(cgroup)).toBe(containerId);
  });
});

test('pids.json: the odd entry is handed back, a cut-off list keeps what is whole', () => {
  const entry = { pid: 7, ppid: 1, cgroup: `/kubepods/pod${uid}/${id}`, comm: 'we"b', netns: 4026532177 };
  const text = JSON.stringify([entry, { comm: 'x' }]);
  expect(parsePids(text)).toMatchObject({
    records: [{ pid: 7, command: 'we"b', netns: 4026532177, containerId: id }],
    unread: [{ why: 'no pid' }],
  });
  expect(parsePids(text.slice(0, -5))).toMatchObject({
    records: [{ pid: 7 }],
    problem: expect.stringContaining('1 complete entry'),
  });
});
