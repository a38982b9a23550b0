# Bash completion for rewire: commands, options, and the names of what there is.

# The options of a command, as 'rewire COMMAND --help' lists them.
_rewire_options() {
  case $1 in
    train) echo --data --method --epochs --batch --dtype --seed --set --out --threads \
      --checkpoint-seconds --quiet --json --help ;;
    resume) echo --threads --checkpoint-seconds --quiet --json --help ;;
    sweep) echo --over --seeds --data --epochs --set --out --threads --checkpoint-seconds --quiet \
      --json --help ;;
    eval) echo --data --split --per-class --confusion --predictions --bins --batch --dtype --json \
      --help ;;
    verify) echo --against --json --help ;;
    inspect) echo --json --help ;;
    list) echo --names --json --help ;;
    convert) echo --recipe --data --set --layout --force --help ;;
    "data fetch") echo --to --mirror --quiet --help ;;
    "data info") echo --split --show --json --help ;;
    "bench step") echo --dtype --batch --steps --warmup --threads --set --profile --inference \
      --data --json --help ;;
  esac
}

# Names of one kind from the program itself; no kind: the kinds.
_rewire_names() {
  "${COMP_WORDS[0]}" list "$@" --names 2>/dev/null
}

_rewire_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_rewire_paths() {
  local found
  mapfile -t found < <(compgen "$1" -- "$2")
  COMPREPLY+=("${found[@]}")
  compopt -o filenames 2>/dev/null
}

# Does an option take a value?
_rewire_has_value() {
  case $1 in
    --data | --method | --epochs | --batch | --seed | --seeds | --over | --set | --out | -o | --threads | -j | \
      --checkpoint-seconds | --split | --predictions | --bins | --to | --mirror | --show | \
      --recipe | --layout | --against | \
      --dtype | --steps | --warmup) return 0 ;;
  esac
  return 1
}

# The value of an option.
_rewire_value() {
  case $1 in
    --data)
      _rewire_words "$(_rewire_names datasets)" "$2"
      _rewire_paths -d "$2"
      ;;
    --method) _rewire_words "$(_rewire_names methods)" "$2" ;;
    --split) _rewire_words "test train" "$2" ;;
    --layout) _rewire_words "keras torch" "$2" ;;
    --against) _rewire_words "recipe $(_rewire_names inits)" "$2" ;;
    --recipe)
      _rewire_words "$(_rewire_names recipes)" "$2"
      _rewire_paths -f "$2"
      ;;
    --dtype) _rewire_words "f32 bf16" "$2" ;;
    --predictions) _rewire_paths -f "$2" ;;
    --out | -o | --to) _rewire_paths -d "$2" ;;
  esac
}

# The arguments of a command: $1 the command, $2 how many are there already, $3 what is typed.
_rewire_argument() {
  case $1,$2 in
    train,0 | sweep,0 | "bench step,0")
      _rewire_words "$(_rewire_names recipes)" "$3"
      _rewire_paths -f "$3"
      ;;
    resume,0) _rewire_paths -d "$3" ;;
    eval,0 | verify,0 | inspect,0 | convert,0 | convert,1) _rewire_paths -f "$3" ;;
    list,0) _rewire_words "$(_rewire_names)" "$3" ;;
    list,1) _rewire_words "$(_rewire_names "$4")" "$3" ;;
    data,0) _rewire_words "fetch info" "$3" ;;
    bench,0) _rewire_words "step" "$3" ;;
    "data fetch,0") _rewire_words "$(_rewire_names datasets)" "$3" ;;
    "data info,0")
      _rewire_words "$(_rewire_names datasets)" "$3"
      _rewire_paths -d "$3"
      ;;
  esac
}

# Bash makes three words of --name=value.
_rewire() {
  local current=${COMP_WORDS[COMP_CWORD]} option="" command="" first="" count=0 i word
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == "=" && -n $option ]]; then
      continue
    elif [[ -n $option ]]; then
      option=""
    elif [[ $word == -* ]]; then
      _rewire_has_value "$word" && option=$word
    elif [[ -z $command || ($command == data && ($word == fetch || $word == info)) ||
      ($command == bench && $word == step) ]]; then
      command="${command:+$command }$word"
    else
      ((count++ == 0)) && first=$word
    fi
  done
  if [[ -n $option ]]; then
    _rewire_value "$option" "${current#=}"
  elif [[ -z $command ]]; then
    _rewire_words "train resume sweep eval verify inspect list convert data bench help --help --version" "$current"
  elif [[ $command == help ]]; then
    _rewire_words "train resume sweep eval verify inspect list convert data bench" "$current"
  elif [[ $current == -* ]]; then
    _rewire_words "$(_rewire_options "$command")" "$current"
  else
    _rewire_argument "$command" "$count" "$current" "$first"
  fi
}

complete -F _rewire rewire
