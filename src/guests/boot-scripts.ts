/** The first programs of a guest. Constants; what varies are the files of the guest's folder. */

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
mkdir -p /dev/shm /dev/pts /dev/net
busybox mount -t tmpfs tmpfs /dev/shm
busybox mount -t devpts devpts /dev/pts
busybox mount -t tmpfs tmpfs /tmp
busybox mount -t tmpfs tmpfs /var
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
`;

/**
 * Of a guest in which many labs run: modules, then the agent on the channel. A serial line stays open throughout:
 * closed, it would lose its settings. (A virtio port can be opened only once.)
 */
export const INIT = `${FILE_SYSTEMS}
busybox mount -t sysfs sysfs /sys
for module in "$folder"/modules/*.ko; do
  [ -e "$module" ] && busybox insmod "$module"
done
[ -e "$folder/at-boot" ] && . "$folder/at-boot"
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

/** Of a QEMU guest before it: in the initramfs, where there are busybox and modules. */
export const INITRAMFS_INIT = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
for module in /modules/*.ko; do
  /bin/busybox insmod "$module"
done
/bin/busybox mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=loose,ro root /root ||
  echo 'no root file system: this kernel has no 9p over virtio'
/bin/busybox umount /proc /sys
exec /bin/busybox switch_root /root ${GUEST_FOLDER}/init
`;
