#!/bin/sh
# Cleans up after a bridge. When the bridge dies for any reason, the pipe on standard input closes. The script then kills every
# process of the bridge and removes the folder of the attempt.
#   reaper.sh <marker> <folder> <bridge pid>
#     marker  "NAME=value" in the environment of every child process of the bridge
#     folder  folder to remove, if the file <folder>/bridge.pid still contains <bridge pid>; '' removes no folder
# Lines on standard input: "+<process group>": a child started; "-<process group>": a child ended; "done": exit without clean-up.
marker=$1
folder=$2
bridge_pid=$3
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
if [ -r /proc/self/environ ]; then
  for process in /proc/[0-9]*; do
    if grep -qsaF "$marker" "$process/environ" 2>/dev/null; then
      kill -KILL "${process#/proc/}" 2>/dev/null
    fi
  done
else
  # macOS: ps prints the environment after the command. The marker is also an argument of this script, which must survive.
  processes=$(ps -axEww -o pid=,command= 2>/dev/null)
  printf '%s\n' "$processes" | while read -r pid command; do
    case $command in
      *"$marker"*) [ "$pid" = "$$" ] || kill -KILL "$pid" 2>/dev/null ;;
    esac
  done
fi
if [ -n "$folder" ] && [ "$(cat "$folder/bridge.pid" 2>/dev/null)" = "$bridge_pid" ]; then
  rm -rf -- "$folder"
fi
exit 0
