#!/bin/sh
# Outlives the bridge by a moment: when the bridge's end of the pipe closes, however it died, everything it started is killed
# and its folder removed.
#   reaper.sh <marker in the environment of every child> <folder, or ''> <what <folder>/bridge.pid must hold>
# Lines on standard input: "+<process group>", "-<process group>", "done".
marker=$1
folder=$2
owner=$3
groups=' '
trap '' TERM INT HUP
while read -r line; do
  case $line in
    done) exit 0 ;;
    +*) groups="$groups${line#+} " ;;
    -*)
      group=${line#-}
      case $groups in
        *" $group "*) groups="${groups%% "$group" *} ${groups#* "$group" }" ;;
      esac
      ;;
  esac
done
for group in $groups; do kill -KILL "-$group" 2>/dev/null; done
for process in /proc/[0-9]*; do
  if grep -qsaF "$marker" "$process/environ" 2>/dev/null; then
    kill -KILL "${process#/proc/}" 2>/dev/null
  fi
done
if [ -n "$folder" ] && [ "$(cat "$folder/bridge.pid" 2>/dev/null)" = "$owner" ]; then
  rm -rf -- "$folder"
fi
exit 0
