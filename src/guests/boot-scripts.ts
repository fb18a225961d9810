/** The first programs of a guest. Constants; what varies are the files of the guest's folder. */

/** Where a guest finds what was prepared for it. */
export const GUEST_FOLDER = '/run/miflab-guest';

/** Where a guest that is made for one lab leaves what the lab tells. */
export const OUTPUT_FOLDER = '/run/miflab-output';

/**
 * Of every guest, once its root file system is there: the rest of the file systems, modules, then the agent on the
 * channel. By busybox: the machine's own mount(8) has the setuid bit, and its owner is nobody in here. A serial
 * line stays open throughout: closed, it would lose its settings. (A virtio port can be opened only once.)
 */
export const INIT = `#!/bin/busybox sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root
folder=${GUEST_FOLDER}
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev 2>/dev/null
mkdir -p /dev/shm /dev/pts /dev/net
busybox mount -t tmpfs tmpfs /dev/shm
busybox mount -t devpts devpts /dev/pts
busybox mount -t tmpfs tmpfs /tmp
busybox mount -t tmpfs tmpfs /var
for module in "$folder"/modules/*.ko; do
  [ -e "$module" ] && busybox insmod "$module"
done
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
[ -e "$folder/at-boot" ] && . "$folder/at-boot"
if [ -e "$folder/order" ]; then
  busybox mount -t hostfs -o ${OUTPUT_FOLDER} none ${OUTPUT_FOLDER}
  /run/miflab-node /run/miflab-program/guest-once.js "$folder/order" ${OUTPUT_FOLDER}/messages </dev/null
  echo "the lab ended: $?"
  exec busybox poweroff -f
fi
read -r channel < "$folder/channel"
case "$channel" in
  /dev/tty*) exec 3<>"$channel"; stty raw -echo <&3 ;;
esac
/run/miflab-node /run/miflab-program/guest-agent.js "$channel" </dev/null
echo "the agent ended: $?"
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
