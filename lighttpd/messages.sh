# SPDX-License-Identifier: MIT
# messages.sh: every sentence of run.sh in both languages, chosen as other programs choose theirs. %s are the values, in order.
case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in zh*) language=zh ;; *) language=en ;; esac

say() {        # KEY [VALUE…]
    sentence=$language.$1 && shift
    case $sentence in
    en.ready) text='Moongate is ready: %s   (Ctrl-C stops it; logs are in %s)' ;;
    zh.ready) text='月门已就绪：%s   （按 Ctrl-C 停止；日志在 %s）' ;;
    en.stopping) text='Stopping …' ;;
    zh.stopping) text='正在停止……' ;;
    en.stopped) text='Stopped. "make run" continues with the same data.' ;;
    zh.stopped) text='已停止。再次运行 make run 将继续使用原有数据。' ;;
    en.database_new) text='Making a private PostgreSQL cluster in %s' ;;
    zh.database_new) text='正在 %s 创建私有 PostgreSQL 数据库' ;;
    en.program_copied) text='User %s cannot read %s, so the program runs from a copy in %s' ;;
    zh.program_copied) text='用户 %s 无法读取 %s，因此从 %s 中的副本运行' ;;
    en.leftover) text='Stopped a PostgreSQL that an earlier, killed run had left behind (process %s)' ;;
    zh.leftover) text='已停止上次被强行终止的运行遗留的 PostgreSQL（进程 %s）' ;;
    en.bad_port) text='MOONGATE_PORT is "%s": it must be a number from 1 to 65535.' ;;
    zh.bad_port) text='MOONGATE_PORT 的值为“%s”：必须是 1 到 65535 之间的数字。' ;;
    en.port_taken) text='Port %s is taken by another program. Stop that, or choose another port: MOONGATE_PORT=8081 make run' ;;
    zh.port_taken) text='端口 %s 已被其他程序占用。请停止该程序，或换一个端口：MOONGATE_PORT=8081 make run' ;;
    en.running) text='Moongate is already running with the data in %s (process %s). For a second one set MOONGATE_VAR and MOONGATE_PORT.' ;;
    zh.running) text='月门已在使用 %s 中的数据运行（进程 %s）。如需再运行一个，请设置 MOONGATE_VAR 和 MOONGATE_PORT。' ;;
    en.var_unwritable) text='The folder %s (MOONGATE_VAR) cannot be written by user %s: make it writable, or set MOONGATE_VAR to another folder.' ;;
    zh.var_unwritable) text='文件夹 %s（MOONGATE_VAR）对用户 %s 不可写：请修改其权限，或将 MOONGATE_VAR 设为其他文件夹。' ;;
    en.var_unreachable) text='User %s cannot reach the folder %s (MOONGATE_VAR), and it holds data already: open the folders above it (chmod a+x), or set MOONGATE_VAR.' ;;
    zh.var_unreachable) text='用户 %s 无法进入文件夹 %s（MOONGATE_VAR），且其中已有数据：请为上级文件夹添加进入权限（chmod a+x），或设置 MOONGATE_VAR。' ;;
    en.no_user) text='PostgreSQL and the gateway do not run as root, and the user "moongate" could not be made: make it (useradd --system moongate) or start as an ordinary user.' ;;
    zh.no_user) text='PostgreSQL 和网关不能以 root 运行，且无法创建用户“moongate”：请创建该用户（useradd --system moongate），或以普通用户启动。' ;;
    en.no_postgres) text='PostgreSQL%s is not installed: run "make deps", or set MOONGATE_DATABASE_URL to a database of yours.' ;;
    zh.no_postgres) text='未安装 PostgreSQL%s：请运行 make deps，或将 MOONGATE_DATABASE_URL 设为已有的数据库。' ;;
    en.no_lighttpd) text='lighttpd is not installed: run "make deps".' ;;
    zh.no_lighttpd) text='未安装 lighttpd：请运行 make deps。' ;;
    en.not_built) text='%s is not built: run "make run".' ;;
    zh.not_built) text='尚未构建 %s：请运行 make run。' ;;
    en.failed) text='%s did not start. The last lines of %s:' ;;
    zh.failed) text='%s 未能启动。%s 的最后几行：' ;;
    en.migrate_failed) text='The database could not be brought up to date (see above); nothing was started.' ;;
    zh.migrate_failed) text='数据库未能升级到当前版本（见上文）；未启动任何服务。' ;;
    en.died) text='%s ended by itself (status %s), so everything is stopped. The last lines of %s:' ;;
    zh.died) text='%s 意外退出（状态 %s），因此全部停止。%s 的最后几行：' ;;
    en.database_stopped) text='PostgreSQL was stopped from outside. The gateway answers on and keeps its records. Start it again with: %s' ;;
    zh.database_stopped) text='PostgreSQL 被外部停止。网关继续应答并保留记录。重新启动：%s' ;;
    en.database_crashed) text='PostgreSQL ended unexpectedly and is started again (%s). The gateway answers on meanwhile.' ;;
    zh.database_crashed) text='PostgreSQL 意外退出，正在重新启动（%s）。其间网关继续应答。' ;;
    en.database_back) text='PostgreSQL is back (process %s).' ;;
    zh.database_back) text='PostgreSQL 已恢复（进程 %s）。' ;;
    en.demo) text='Demonstration: a scripted model server with no model behind it answers at %s' ;;
    zh.demo) text='演示模式：%s 是一个脚本模型服务器，背后没有真正的模型' ;;
    *) text=$sentence ;;
    esac
    # shellcheck disable=SC2059  # the sentences are ours
    printf "$text\n" "$@"
}
