#!/bin/sh
# SPDX-License-Identifier: MIT
# packages.sh SECTION…: install what is missing of these sections of packages.txt. When nothing is, it touches nothing and needs
# no rights. Services that the packages would start (PostgreSQL on 5432, lighttpd and nginx on 80) stay off: ours are private.
list=$(dirname "$0")/packages.txt
PATH=$PATH:/usr/sbin:/sbin
command -v dpkg-query >/dev/null || { echo "Not a Debian system: have the packages of $list by other means. / 非 Debian 系统：请自行安装所列软件包。" >&2; exit 0; }

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing=
for section; do
    missing="$missing $(sed -n "/^\[$section\]/,/^\[/p" "$list" | grep '^[a-z]' | while read -r package command; do
        installed "$package" || { [ "$command" ] && command -v "$command" >/dev/null; } || printf '%s ' "$package"
    done)"
done
missing=$(echo $missing)
[ "$missing" ] || exit 0

echo "Installing Debian packages / 正在安装 Debian 软件包: $missing"
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "These need root: run 'make deps' as root, or: apt-get install $missing / 需要 root 权限：请以 root 运行 make deps。" >&2; exit 1; }
    exec sudo "$0" "$@"
fi

export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1
install() { apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 "$@" </dev/null; }
# Debian's own switch against starting services while packages are installed; somebody else's is left as it is.
switch=/usr/sbin/policy-rc.d
if [ ! -e $switch ]; then
    trap 'rm -f $switch' EXIT
    trap 'exit 1' INT TERM HUP
    printf '#!/bin/sh\nexit 101\n' >$switch && chmod 755 $switch
fi
apt-get update -q </dev/null || echo "apt-get update failed, trying with the lists there are / 软件源更新失败，继续尝试" >&2
case " $missing " in *' postgresql '*)
    # No cluster for the whole machine on our account; pg_createcluster makes one at any time.
    installed postgresql-common || { install postgresql-common && pg_conftool /etc/postgresql-common/createcluster.conf set create_main_cluster off; } ;;
esac
install $missing || { echo "apt-get could not install: $missing / 安装失败" >&2; exit 1; }
if [ -d /run/systemd/system ]; then
    for service in lighttpd nginx; do
        case " $missing " in *" $service"*) systemctl disable --quiet $service && echo "$service.service is installed but not enabled / 已安装但未启用" ;; esac
    done
fi
exit 0
