/** Numbers of the Linux headers (the generic ones: x86, Arm, RISC-V, POWER), under their own names. */

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;

export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;

export const MSG_DONTROUTE = 4;

export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
export const SO_BINDTODEVICE = 25;
export const SO_RCVBUFFORCE = 33;
export const SO_TIMESTAMPNS = 35;

export const SOL_IP = 0;
export const IP_PKTINFO = 8;
export const IP_MULTICAST_LOOP = 34;
export const IP_MULTICAST_ALL = 49;

export const SOL_IPV6 = 41;
export const IPV6_MULTICAST_LOOP = 19;
export const IPV6_MULTICAST_ALL = 29;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_RECVHOPLIMIT = 51;

export const SOL_PACKET = 263;
export const PACKET_IGNORE_OUTGOING = 23;

export const SOL_NETLINK = 270;
export const NETLINK_ROUTE = 0;
export const NETLINK_ADD_MEMBERSHIP = 1;
export const NETLINK_CAP_ACK = 10;
export const NETLINK_EXT_ACK = 11;
export const NETLINK_GET_STRICT_CHK = 12;
