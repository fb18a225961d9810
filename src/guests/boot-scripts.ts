/** The first programs of a guest. Constants; what varies are the files of the guest's folder. */
import { BUILT } from '../clients/client.ts';

/** Where a guest finds what was prepared for it. */
export const GUEST_FOLDER = '/run/miflab-guest';

/** Where a guest that is made for one lab leaves what the lab tells. */
export const OUTPUT_FOLDER = '/run/miflab-output';

/**
 * The rest of the file systems, once the root file system is there. By busybox: the machine's own mount(8) has the
 * setuid bit, and its owner is nobody in here.
 */
const FILE_SYSTEMS = `#!/bin/busybox sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root
folder=${GUEST_FOLDER}
busybox mount -t proc proc /proc
busybox mount -t devtmpfs devtmpfs /dev 2>/dev/null
busybox mkdir -p /dev/shm /dev/pts /dev/net
busybox mount -t tmpfs tmpfs /dev/shm
busybox mount -t devpts devpts /dev/pts
busybox mount -t tmpfs tmpfs /tmp
busybox mount -t tmpfs tmpfs /var
[ -e /dev/net/tun ] || busybox mknod /dev/net/tun c 10 200
`;

/** Modules come when something asks for them, but kernel parameters do not ask: those of IPv6 are there from the start. */
const autoloading = (folder: string): string => `
[ -e /proc/sys/kernel/modprobe ] && echo ${folder}/modprobe > /proc/sys/kernel/modprobe
${folder}/modprobe ipv6
`;

/**
 * Of a guest in which many labs run: the agent on the channel. A serial line stays open throughout:
 * closed, it would lose its settings. (A virtio port can be opened only once.)
 */
export const INIT = `${FILE_SYSTEMS}
busybox mount -t sysfs sysfs /sys
${autoloading(GUEST_FOLDER)}[ -e "$folder/at-boot" ] && . "$folder/at-boot"
read -r channel < "$folder/channel"
case "$channel" in
  /dev/tty*) exec 3<>"$channel"; stty raw -echo <&3 ;;
esac
/run/miflab-node /run/miflab-program/guest-agent.js "$channel" </dev/null
echo "the agent ended: $?"
exec busybox poweroff -f
`;

/**
 * Of a guest made for one lab: the lab process itself, with the files that it has in a sandbox of its own. The guest's
 * sandbox is that sandbox: what it shows in /run is seen through a link, and all else there is memory. The order stands
 * in a pipe that stays open, because the end of its standard input ends a lab process. No new privileges, as bubblewrap
 * has it: a setuid program, such as mount(8), would become nobody.
 */
export const LAB_INIT = `${FILE_SYSTEMS}
ln -s /proc/self/fd /dev/fd
mkdir -p /var/lib /var/tmp
ln -s /run /var/run
busybox mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/netns /run/outside
busybox mount -t hostfs -o /run none /run/outside
ln -s /run/outside/miflab-* /run/outside/node_modules /run
hostname lab
mkfifo /tmp/order
exec 3<>/tmp/order
cat "$folder/order" >&3 &
setpriv --no-new-privs /run/miflab-node /run/miflab-program/lab-process.js <&3 3<&- >${OUTPUT_FOLDER}/messages
echo "$?" > ${OUTPUT_FOLDER}/ended
exec busybox poweroff -f
`;

/** What the host alone in a guest boots with, the same for every lab, and its kernel: as the lab's own hosts see them. */
export const HOST_BOOT_FOLDER = '/miflab/guest';
export const HOST_KERNEL_FILE = '/miflab/kernel';
/** What makes the host's links there. */
export const HOST_LINKS_FILE = `${GUEST_FOLDER}/links`;
/** The host's network namespace within; the network cards, and what takes carrier away, are in the first one. */
export const HOST_NETWORK = 'host';

/**
 * Of the host under test alone in a guest: its links, then the program that is asked. It sees the files that the host
 * has in the lab, and may write into folders in memory; /run/miflab-guest stays, where orders come in.
 */
export const HOST_INIT = `${FILE_SYSTEMS}
boot=${HOST_BOOT_FOLDER}
busybox mount -t sysfs sysfs /sys
busybox mkdir /tmp/guest
busybox mount -o bind "$folder" /tmp/guest
busybox mount -t tmpfs tmpfs /run
busybox mkdir /run/netns "$folder"
busybox mount -o move /tmp/guest "$folder"
busybox rmdir /tmp/guest
${autoloading(HOST_BOOT_FOLDER)}[ -e "$boot/at-boot" ] && . "$boot/at-boot"
for scope in all default; do
  echo 1 > "/proc/sys/net/ipv6/conf/$scope/disable_ipv6"
done
ip netns add ${HOST_NETWORK} && ip -batch ${HOST_LINKS_FILE} || exit
read -r channel < "$boot/channel"
exec 3<>"$channel"
case "$channel" in
  /dev/tty*) busybox stty raw -echo <&3 ;;
esac
ip netns exec ${HOST_NETWORK} ${BUILT}/guest/sockets /proc/1/ns/net <&3 >&3 3>&-
echo "the program ended: $?"
exec busybox poweroff -f
`;

/**
 * On the machine's side, in the lab: hands the orders on. A line of more than some kilobytes would be the last that a
 * serial line of User-mode Linux takes in, so each order lies in a file, and the line names it. Becomes the command.
 */
export const HAND_ORDERS_ON = `
cd ${GUEST_FOLDER} && mkfifo names || exit
exec 3<&0
{
  number=0
  while read -r order; do
    number=$((number + 1))
    printf '%s\\n' "$order" > "order-$number"
    echo "${GUEST_FOLDER}/order-$number"
  done
} <&3 > names 2>/dev/null &
exec "$@" < names 3<&-
`;

/** A file of the initramfs and the one of the root file system that it stands for, without links on the way there. */
export interface BootFile {
  path: string;
  target: string;
}

/**
 * Of a QEMU guest before it: in the initramfs, where there are busybox, modules and the files that every program reads.
 * These stand over those of the root file system, which are the same: Linux 5.10 reads a file by 9p page by page, and
 * the C library alone took it a second. The initramfs stays below: switch_root(8), which empties it, took a second more.
 */
export const initramfsInit = (init: string, files: BootFile[]): string => `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
# By one process, which knows modules by their names only: no file says what they depend on, the order does.
/bin/busybox ln -s /modules "/lib/modules/$(/bin/busybox uname -r)"
/bin/busybox modprobe -a $(/bin/busybox cat /modules/order)
/bin/busybox mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=loose,ro root /root ||
  echo 'no root file system: this kernel has no 9p over virtio'
${files.map(({ path, target }) => `/bin/busybox mount -o bind ${path} /root${target}`).join('\n')}
/bin/busybox umount /proc /sys
cd /root
/bin/busybox mount -o move . /
exec /bin/busybox chroot . ${init}
`;
