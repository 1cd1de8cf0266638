//! What is said of scripts, in both languages.

cordial_trace::phrases! { pub(crate) const;
    // What is expected where a text is wrong.
    EXPECTED: "expected {what}, found '{found}'", "这里应该是{what}，却是 '{found}'";
    EXPECTED_BEFORE_END: "expected {what}, but the line ends here", "这里应该是{what}，可这一行到此为止了";
    A_NUMBER: "a number", "一个数";
    A_NAME: "a name", "一个名字";
    A_TIME: "a time in seconds, say +0.1", "以秒计的时间，例如 +0.1";
    A_VALUE: "a value: a number, a name, \"text\", a [list], a record in braces, or ...", "一个值：数、名字、\"文本\"、[列表]、花括号里的记录，或 ...";
    AN_OPTION: "the name of an option, say --ip_version=ipv4", "选项名，例如 --ip_version=ipv4";
    AN_ACTION: "a packet (< or >), a call, `a command`, or Python code", "一个包（< 或 >）、一次调用、`命令` 或 Python 代码";
    AN_IP_FIELD: "ect0, ect1, ect01, ce, noecn, ttl N, tos N or flow N", "ect0、ect1、ect01、ce、noecn、ttl N、tos N 或 flow N";
    AN_ICMP_TYPE: "an ICMP message, say unreachable port_unreachable", "一种 ICMP 消息，例如 unreachable port_unreachable";
    A_TCP_OPTION: "a TCP option: mss N, wscale N, sackOK, sack A:B, TS val N ecr N, nop, eol, FO, or a kind with 0x octets", "一个 TCP 选项：mss N、wscale N、sackOK、sack A:B、TS val N ecr N、nop、eol、FO，或类型号加 0x 字节";
    FLAGS: "flags, out of S F R P U E W A and . for ACK", "标志，可用 S F R P U E W A，以及代表 ACK 的 .";
    SACK_BLOCKS: "SACK blocks, say 1001:2001", "SACK 块，例如 1001:2001";
    HEX_PAIRS: "at most 38 octets of two hexadecimal digits each", "每个字节两位十六进制数，最多 38 个";
    COMMA_OR_END: "a comma, or the end of the list", "逗号，或列表的结尾";
    THE_SIGN: "'{sign}'", "'{sign}'";
    TOO_LARGE: "a number of at most {most} was expected", "这个数最大是 {most}";
    TIME_BACKWARDS: "the end of this time comes before its beginning", "这段时间的终点在起点之前";
    TIME_TOO_LONG: "a script takes a day at most: write fewer seconds", "一个脚本最多演一天：请把秒数写小些";
    RANGE_MISMATCH: "{seq}:{end} does not have {len} octets: write seq:end(length) with end = seq + length", "{seq}:{end} 不是 {len} 个字节：要写 起点:终点(长度)，终点 = 起点 + 长度";
    LOOSE_TIME: "only a packet that the stack sends (>) may come within a range, or at any time (*)", "只有协议栈发出的包（>）可以写时间范围或任意时间（*）";
    UNTIL_WITHOUT_CALL: "only a call may take from one time to another (...)", "只有调用可以写“从...到”的时间（...）";
    NO_BACKTICK: "the command that begins here has no closing `", "从这里开始的命令缺少结尾的 `";
    NO_CODE_END: "the code that begins here has no end: a brace and %", "从这里开始的代码缺少结尾的花括号和 %";
    NO_QUOTE: "the text that begins here has no closing \"", "从这里开始的文本缺少结尾的 \"";
    NO_PARENTHESIS: "the remark that begins here has no closing )", "从这里开始的备注缺少结尾的 )";
    NO_ENDIF: "this #ifdef has no #endif", "这个 #ifdef 没有对应的 #endif";
    LONELY_DIRECTIVE: "#{word} without an #ifdef before it", "#{word} 前面没有 #ifdef";
    TOO_DEEP: "values inside values, too deep", "值里面套的值太深了";
    BAD_OPTION: "'{value}' is no value for --{name}; write, say, --{name}={example}", "'{value}' 不能作为 --{name} 的值；例如要写 --{name}={example}";
    MIXED_FAMILIES: "--local_ip and --remote_ip have to be of one family; for IPv6, write --ip_version=ipv6 as well", "--local_ip 和 --remote_ip 要用同一种地址；用 IPv6 时请加上 --ip_version=ipv6";
    BAD_ARGUMENT: "argument {n} of {name} is missing, or nothing that can be used there", "{name} 的第 {n} 个参数缺失，或不能用在这里";

    // What is right elsewhere and not to be had here.
    NO_DIRECTIVE: "#{word} is not understood here, only #ifdef and its like", "这里不懂 #{word}，只懂 #ifdef 一类";
    NO_SUCH_OPTION: "the option --{name} is not known here", "这里没有 --{name} 这个选项";
    NO_PROTOCOL: "{name} packets are not spoken here, only TCP and ICMP", "这里不讲 {name}，只讲 TCP 和 ICMP";
    NO_ENCAPSULATION: "encapsulation is not spoken here", "这里不支持封装";
    NO_ACCURATE_ECN: "accurate ECN (a counter among the flags) is not spoken here", "这里不支持精确 ECN（标志里的计数）";
    NO_OPTION: "the TCP option '{name}' is not spoken here", "这里不支持 TCP 选项 '{name}'";
    NO_ECN: "this stack does not speak ECN", "这个协议栈不支持 ECN";
    NO_FAST_OPEN: "this stack has no fast open", "这个协议栈没有 Fast Open";
    NO_MD5: "this stack signs no segments", "这个协议栈不给段签名";
    NO_ICMP_OUT: "ICMP that the stack sends is not compared", "协议栈发出的 ICMP 不做比较";
    NO_SOCKET_KIND: "only TCP sockets are to be had here, not {kind} {protocol}", "这里只有 TCP 套接字，没有 {kind} {protocol}";
    NO_DISCONNECT: "connect() with AF_UNSPEC, to disconnect, is not to be had here", "这里不支持用 AF_UNSPEC 的 connect() 断开连接";
    NO_CALL: "the call {name}() is not to be had here", "这里没有 {name}() 这个调用";
    NO_FLAG: "{name} has no meaning here", "{name} 在这里没有意义";
    NO_SOCKET_OPTION: "the socket option {name} has no meaning here", "套接字选项 {name} 在这里没有意义";
    OPTION_TOO_LATE: "this stack takes {name} only before the socket listens or connects", "这个协议栈只在监听或连接之前接受 {name}";
    NO_CONGESTION_CONTROL: "this stack has no congestion control '{name}', only NewReno", "这个协议栈没有拥塞控制 '{name}'，只有 NewReno";
    NO_ANCILLARY: "ancillary data ({name}) is not to be had here, only TCP_CM_INQ", "这里没有附带数据（{name}），只有 TCP_CM_INQ";
    NO_INFO_FIELD: "'{name}' is not known here: this stack does not keep it", "这里不知道 '{name}'：这个协议栈不记它";
    NO_PYTHON: "this Python is not understood here: {code}", "这里不懂这段 Python：{code}";
    NO_FILTER: "'{command}' is not understood here", "这里不懂 '{command}'";
    KNOB_NO_NUMBER: "'{value}' is no value for {name}", "'{value}' 不能作为 {name} 的值";
    KNOB_BEYOND_US: "this stack cannot be {name}={value}", "这个协议栈做不到 {name}={value}";
    KNOB_TOO_LATE: "{name} has to be set before the first packet or socket that listens or connects", "{name} 要在第一个包、第一次监听或连接之前设置";
    UNKNOWN_KNOB: "the knob {name} (to be {value}) is not known here", "这里不认识 {name} 这个开关（要设成 {value}）";
    NO_COMMAND: "the command '{command}' is not to be had here", "这里没有 '{command}' 这条命令";
    FOREIGN_DEFAULTS: "'{command}' asks for Linux's defaults: --profile linux", "'{command}' 要的是 Linux 的默认设置：--profile linux";

    // What came differently.
    NO_PACKET: "nothing was sent: expected {expected}, waited {waited}", "什么也没发出：应发 {expected}，等了 {waited}";
    ANOTHER_FLOW: "{nothing}; on another flow: {got}", "{nothing}；另一条流上有：{got}";
    WRONG_PACKET: "expected {expected}, got {got}: {differences}", "应为 {expected}，实为 {got}：{differences}";
    DIFFERS: "{field} {got}, not {expected}", "{field} 是 {got}，不是 {expected}";
    PAYLOAD: "the data is not what was written, which is zeros", "数据不是写入的内容（全零）";
    WRONG_ADDRESS: "{name}() gave {got}, not {expected}", "{name}() 给出的地址是 {got}，不是 {expected}";
    TOO_EARLY: "{got} came {by} too early; {allowed} are allowed", "{got} 早了 {by}；允许 {allowed}";
    TOO_LATE: "{got} came {by} too late; {allowed} are allowed", "{got} 晚了 {by}；允许 {allowed}";
    WRONG_RETURN: "{name}() returned {got}, not {expected}", "{name}() 返回 {got}，不是 {expected}";
    WRONG_VALUE: "{name} is {got}, not {expected}", "{name} 是 {got}，不是 {expected}";
    STILL_WAITS: "{name}() still waits; give a call that may wait its end: +0...0.5", "{name}() 还在等；会等的调用请写明何时返回：+0...0.5";
    NOT_RETURNED: "{name}() still waits when the script has it return", "到了脚本写的返回时间，{name}() 还在等";
    RETURNED_EARLY: "{name}() returned {by} s before the script has it return", "{name}() 比脚本写的早返回了 {by} 秒";
    ASSERTION_FAILED: "{code} ({shown})", "{code}（{shown}）";
    NO_VALUE: "this expression has no value: the kinds do not fit, or the result is no number", "这个表达式没有值：类型不合，或结果不是数";
    QUESTION_FAILED: "'{command}' found nothing", "'{command}' 什么也没找到";
    TOO_MANY_OPTIONS: "the options take more than the 40 octets that a segment has for them", "选项超过了一个段能放的 40 字节";
    UNBUILDABLE: "no packet can be made of this: too long, or not for this IP version", "这样的包造不出来：太长，或不适用于这个 IP 版本";
    RESTLESS: "the stack does not come to rest: 100,000 timers in one wait", "协议栈停不下来：一次等待里到期了十万个定时器";
}

#[test]
fn every_phrase_is_there_in_both_languages_with_the_same_places() {
    for (name, phrase) in ALL {
        let is_sign = phrase.en == "'{sign}'" || phrase.en == "{code} ({shown})";
        assert!(phrase.is_complete() && (is_sign || !phrase.zh.is_ascii()), "{name}");
    }
}
