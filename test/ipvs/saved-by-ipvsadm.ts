/** Written by Debian's ipvsadm 1.31 (`ipvsadm -S -n`) on Linux 6.1; services in an order of their own. */
export const SAVED_BY_IPVSADM = `-A -t 192.0.2.1:80 -s sh -p 100 -M 255.255.255.0 -b sh-fallback,sh-port
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -i -w 0 --tun-type gue --tun-port 6080 --tun-csum
-a -t 192.0.2.1:80 -r 10.0.0.3:80 -i -w 1 --tun-type gre --tun-nocsum
-a -t 192.0.2.1:80 -r 10.0.0.4:80 -i -w 1 --tun-type ipip
-a -t 192.0.2.1:80 -r 10.0.0.5:80 -i -w 1 --tun-type gue --tun-port 6081 --tun-remcsum
-a -t 192.0.2.1:80 -r 10.0.0.6:80 -i -w 1 --tun-type gue --tun-port 6081 --tun-nocsum
-A -u 192.0.2.1:53 -s mh -o -b mh-port
-A -u 192.0.2.1:5060 -s rr -p 60 --pe sip
-A --sctp-service 192.0.2.1:80 -s wlc
-A -u [2001:db8::1]:53 -s rr -p 60 -M 64
-a -u [2001:db8::1]:53 -r 10.0.0.9:53 -i -w 1 --tun-type ipip
-A -f 7 -s rr -b flag-3
-a -f 7 -r 10.0.0.7:8080 -m -w 1
-A -f 7 -6 -s rr
`;
