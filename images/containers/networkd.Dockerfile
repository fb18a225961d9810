# systemd as PID 1 with networkd and resolved, on a user land that has been imported (make containers).
FROM miflab:trixie
RUN systemctl mask NetworkManager connman networking ifupdown-pre dnsmasq nftables console-getty \
 && systemctl enable systemd-networkd systemd-resolved
CMD ["/lib/systemd/systemd"]
