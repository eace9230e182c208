# Asks web servers, one after the other: reads lines `PID SOURCE_PORT ADDRESS PORT`, each a connection from the network namespace of
# a process. Prints of each: the source port, how many ICMP or ICMPv6 "destination unreachable" came meanwhile, and the answer, or
# the error's name in errno(3).
use strict;
use warnings;
use Errno;
use Socket qw(:DEFAULT :addrinfo SO_RCVTIMEO SO_SNDTIMEO pack_sockaddr_in6 IN6ADDR_ANY);

my $setns = 308;      # setns(2) on x86-64
my $seconds = 20;     # an emulated machine may be slow

sub unreachable {
    open my $file, '<', '/proc/net/snmp6' or die "snmp6: $!";
    my ($six) = map { /^Icmp6InDestUnreachs\s+(\d+)/ ? $1 : () } <$file>;
    open $file, '<', '/proc/net/snmp' or die "snmp: $!";
    my ($names, $values) = map { [split] } grep { /^Icmp:/ } <$file>;
    my %four;
    @four{@$names} = @$values;
    return $six + $four{InDestUnreachs};
}

sub ask {
    my ($source_port, $address, $port) = @_;
    my ($error, $to) = getaddrinfo($address, $port, { flags => AI_NUMERICHOST, socktype => SOCK_STREAM });
    die "$address: $error" if $error;
    socket(my $socket, $to->{family}, SOCK_STREAM, 0) or die "socket: $!";
    setsockopt($socket, SOL_SOCKET, $_, pack('l!l!', $seconds, 0)) for SO_RCVTIMEO, SO_SNDTIMEO;
    setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1);
    my $from =
      $to->{family} == AF_INET
      ? pack_sockaddr_in($source_port, INADDR_ANY)
      : pack_sockaddr_in6($source_port, IN6ADDR_ANY);
    bind($socket, $from) or die "bind $source_port: $!";
    connect($socket, $to->{addr}) or return (grep { $!{$_} } keys %!)[0];
    send($socket, "GET / HTTP/1.0\r\n\r\n", 0);
    local $/;
    my $answer = <$socket> // '';
    return $answer =~ /\r\n\r\n(\S+)/ ? $1 : 'no-answer';
}

while (<STDIN>) {
    my ($pid, $source_port, $address, $port) = split;
    open my $namespace, '<', "/proc/$pid/ns/net" or die "network namespace of $pid: $!";
    syscall($setns, fileno $namespace, 0) == 0 or die "setns: $!";
    my $before = unreachable();
    my $answer = ask($source_port, $address, $port);
    print "$source_port ", unreachable() - $before, " $answer\n";
}
