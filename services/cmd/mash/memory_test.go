package main

import (
	"testing"
	"testing/fstest"
)

func TestMemoryIsTheLeastThatAnybodySets(t *testing.T) {
	const meminfo = "MemTotal:        2048000 kB\nMemFree:          100000 kB\n"
	for name, tc := range map[string]struct {
		files map[string]string
		want  int64 // 0: not known
	}{
		"no /proc":       {nil, 0},
		"a machine":      {map[string]string{"proc/meminfo": meminfo}, 2048000 << 10},
		"not understood": {map[string]string{"proc/meminfo": "MemTotal: plenty\n"}, 0},
		"a container": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "536870912\n",
		}, 512 << 20},
		"a unit": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/system.slice/mash.service\n",
			"sys/fs/cgroup/system.slice/mash.service/memory.max": "max\n", "sys/fs/cgroup/system.slice/memory.max": "1073741824\n",
		}, 1 << 30},
		"more than there is": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "9223372036854771712\n",
		}, 2048000 << 10},
		"version 1": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "3:memory:/a\n1:name=systemd:/a\n"}, 2048000 << 10},
	} {
		root := fstest.MapFS{}
		for file, text := range tc.files {
			root[file] = &fstest.MapFile{Data: []byte(text)}
		}
		got, known := memory(root)
		if known != (tc.want > 0) || known && got != tc.want {
			t.Errorf("%s: got %d, %v, want %d", name, got, known, tc.want)
		}
	}
}
