/** Generated from ../frame.proto by tools/gen-proto.ts: change that file, not this one. */
/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["podwire"] || ($protobuf.roots["podwire"] = {});

export const podwire = $root.podwire = (() => {

    /**
     * Namespace podwire.
     * @exports podwire
     * @namespace
     */
    const podwire = {};

    podwire.Envelope = (function() {

        /**
         * Properties of an Envelope.
         * @typedef {Object} podwire.Envelope.$Properties
         * @property {number|null} [port] Envelope port
         * @property {podwire.Frame.$Properties|null} [frame] Envelope frame
         * @property {Uint8Array|null} [control] Envelope control
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Envelope.
         * @memberof podwire
         * @interface IEnvelope
         * @augments podwire.Envelope.$Properties
         * @deprecated Use podwire.Envelope.$Properties instead.
         */

        /**
         * Shape of an Envelope.
         * @typedef {podwire.Envelope.$Properties} podwire.Envelope.$Shape
         */

        /**
         * Constructs a new Envelope.
         * @memberof podwire
         * @classdesc Represents an Envelope.
         * @constructor
         * @param {podwire.Envelope.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Envelope = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Envelope port.
         * @member {number} port
         * @memberof podwire.Envelope
         * @instance
         */
        Envelope.prototype.port = 0;

        /**
         * Envelope frame.
         * @member {podwire.Frame.$Properties|null|undefined} frame
         * @memberof podwire.Envelope
         * @instance
         */
        Envelope.prototype.frame = null;

        /**
         * Envelope control.
         * @member {Uint8Array} control
         * @memberof podwire.Envelope
         * @instance
         */
        Envelope.prototype.control = $util.newBuffer([]);

        /**
         * Creates a new Envelope instance using the specified properties.
         * @function create
         * @memberof podwire.Envelope
         * @static
         * @param {podwire.Envelope.$Properties=} [properties] Properties to set
         * @returns {podwire.Envelope} Envelope instance
         * @type {{
         *   (properties: podwire.Envelope.$Shape): podwire.Envelope & podwire.Envelope.$Shape;
         *   (properties?: podwire.Envelope.$Properties): podwire.Envelope;
         * }}
         */
        Envelope.create = function(properties) {
            return new Envelope(properties);
        };

        /**
         * Encodes the specified Envelope message. Does not implicitly {@link podwire.Envelope.verify|verify} messages.
         * @function encode
         * @memberof podwire.Envelope
         * @static
         * @param {podwire.Envelope.$Properties} message Envelope message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Envelope.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.port != null && $Object.hasOwnProperty.call(message, "port") && message.port !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.port);
            if (message.frame != null && $Object.hasOwnProperty.call(message, "frame"))
                $root.podwire.Frame.encode(message.frame, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.control != null && $Object.hasOwnProperty.call(message, "control") && message.control.length)
                writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.control);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Envelope message from the specified reader or buffer.
         * @function decode
         * @memberof podwire.Envelope
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {podwire.Envelope & podwire.Envelope.$Shape} Envelope
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Envelope.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.podwire.Envelope();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.port = value;
                        else
                            delete message.port;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.frame = $root.podwire.Frame.decode(reader, reader.size(), $undefined, _depth + 1, message.frame);
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.control = value;
                        else
                            delete message.control;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Envelope;
    })();

    podwire.Frame = (function() {

        /**
         * Properties of a Frame.
         * @typedef {Object} podwire.Frame.$Properties
         * @property {number|null} [ethDst] Frame ethDst
         * @property {number|null} [ethSrc] Frame ethSrc
         * @property {number|null} [etherType] Frame etherType
         * @property {number|null} [src] Frame src
         * @property {number|null} [dst] Frame dst
         * @property {number|null} [proto] Frame proto
         * @property {number|null} [ttlHops] Frame ttlHops
         * @property {number|null} [ipFlags] Frame ipFlags
         * @property {number|null} [srcPort] Frame srcPort
         * @property {number|null} [dstPort] Frame dstPort
         * @property {number|null} [seq] Frame seq
         * @property {number|null} [ack] Frame ack
         * @property {number|null} [tcpFlags] Frame tcpFlags
         * @property {number|null} [window] Frame window
         * @property {Array.<podwire.Chunk.$Properties>|null} [payload] Frame payload
         * @property {number|null} [ipId] Frame ipId
         * @property {number|null} [tos] Frame tos
         * @property {number|null} [fragOffsetBytes] Frame fragOffsetBytes
         * @property {number|null} [vlan] Frame vlan
         * @property {Uint8Array|null} [src6] Frame src6
         * @property {Uint8Array|null} [dst6] Frame dst6
         * @property {number|null} [arpOp] Frame arpOp
         * @property {number|null} [arpSha] Frame arpSha
         * @property {number|null} [arpTha] Frame arpTha
         * @property {number|null} [optMss] Frame optMss
         * @property {number|null} [optPresent] Frame optPresent
         * @property {number|null} [optWscale] Frame optWscale
         * @property {number|null} [optTsVal] Frame optTsVal
         * @property {number|null} [optTsEcr] Frame optTsEcr
         * @property {Array.<number>|null} [optSack] Frame optSack
         * @property {number|null} [icmpType] Frame icmpType
         * @property {number|null} [icmpCode] Frame icmpCode
         * @property {number|null} [icmpId] Frame icmpId
         * @property {number|null} [icmpSeq] Frame icmpSeq
         * @property {number|null} [icmpMtuBytes] Frame icmpMtuBytes
         * @property {number|null} [encap] Frame encap
         * @property {number|null} [vni] Frame vni
         * @property {podwire.Frame.$Properties|null} [inner] Frame inner
         * @property {number|null} [traceId] Frame traceId
         * @property {number|null} [born] Frame born
         * @property {number|null} [gsoSizeBytes] Frame gsoSizeBytes
         * @property {number|null} [gsoSpanNs] Frame gsoSpanNs
         * @property {number|null} [geneveOption] Frame geneveOption
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Frame.
         * @memberof podwire
         * @interface IFrame
         * @augments podwire.Frame.$Properties
         * @deprecated Use podwire.Frame.$Properties instead.
         */

        /**
         * Shape of a Frame.
         * @typedef {podwire.Frame.$Properties} podwire.Frame.$Shape
         */

        /**
         * Constructs a new Frame.
         * @memberof podwire
         * @classdesc Represents a Frame.
         * @constructor
         * @param {podwire.Frame.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Frame = function (properties) {
            this.payload = [];
            this.optSack = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Frame ethDst.
         * @member {number} ethDst
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.ethDst = 0;

        /**
         * Frame ethSrc.
         * @member {number} ethSrc
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.ethSrc = 0;

        /**
         * Frame etherType.
         * @member {number} etherType
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.etherType = 0;

        /**
         * Frame src.
         * @member {number} src
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.src = 0;

        /**
         * Frame dst.
         * @member {number} dst
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.dst = 0;

        /**
         * Frame proto.
         * @member {number} proto
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.proto = 0;

        /**
         * Frame ttlHops.
         * @member {number} ttlHops
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.ttlHops = 0;

        /**
         * Frame ipFlags.
         * @member {number} ipFlags
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.ipFlags = 0;

        /**
         * Frame srcPort.
         * @member {number} srcPort
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.srcPort = 0;

        /**
         * Frame dstPort.
         * @member {number} dstPort
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.dstPort = 0;

        /**
         * Frame seq.
         * @member {number} seq
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.seq = 0;

        /**
         * Frame ack.
         * @member {number} ack
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.ack = 0;

        /**
         * Frame tcpFlags.
         * @member {number} tcpFlags
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.tcpFlags = 0;

        /**
         * Frame window.
         * @member {number} window
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.window = 0;

        /**
         * Frame payload.
         * @member {Array.<podwire.Chunk.$Properties>} payload
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.payload = $util.emptyArray;

        /**
         * Frame ipId.
         * @member {number} ipId
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.ipId = 0;

        /**
         * Frame tos.
         * @member {number} tos
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.tos = 0;

        /**
         * Frame fragOffsetBytes.
         * @member {number} fragOffsetBytes
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.fragOffsetBytes = 0;

        /**
         * Frame vlan.
         * @member {number} vlan
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.vlan = 0;

        /**
         * Frame src6.
         * @member {Uint8Array} src6
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.src6 = $util.newBuffer([]);

        /**
         * Frame dst6.
         * @member {Uint8Array} dst6
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.dst6 = $util.newBuffer([]);

        /**
         * Frame arpOp.
         * @member {number} arpOp
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.arpOp = 0;

        /**
         * Frame arpSha.
         * @member {number} arpSha
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.arpSha = 0;

        /**
         * Frame arpTha.
         * @member {number} arpTha
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.arpTha = 0;

        /**
         * Frame optMss.
         * @member {number} optMss
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.optMss = 0;

        /**
         * Frame optPresent.
         * @member {number} optPresent
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.optPresent = 0;

        /**
         * Frame optWscale.
         * @member {number} optWscale
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.optWscale = 0;

        /**
         * Frame optTsVal.
         * @member {number} optTsVal
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.optTsVal = 0;

        /**
         * Frame optTsEcr.
         * @member {number} optTsEcr
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.optTsEcr = 0;

        /**
         * Frame optSack.
         * @member {Array.<number>} optSack
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.optSack = $util.emptyArray;

        /**
         * Frame icmpType.
         * @member {number} icmpType
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.icmpType = 0;

        /**
         * Frame icmpCode.
         * @member {number} icmpCode
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.icmpCode = 0;

        /**
         * Frame icmpId.
         * @member {number} icmpId
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.icmpId = 0;

        /**
         * Frame icmpSeq.
         * @member {number} icmpSeq
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.icmpSeq = 0;

        /**
         * Frame icmpMtuBytes.
         * @member {number} icmpMtuBytes
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.icmpMtuBytes = 0;

        /**
         * Frame encap.
         * @member {number} encap
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.encap = 0;

        /**
         * Frame vni.
         * @member {number} vni
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.vni = 0;

        /**
         * Frame inner.
         * @member {podwire.Frame.$Properties|null|undefined} inner
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.inner = null;

        /**
         * Frame traceId.
         * @member {number} traceId
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.traceId = 0;

        /**
         * Frame born.
         * @member {number} born
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.born = 0;

        /**
         * Frame gsoSizeBytes.
         * @member {number} gsoSizeBytes
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.gsoSizeBytes = 0;

        /**
         * Frame gsoSpanNs.
         * @member {number} gsoSpanNs
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.gsoSpanNs = 0;

        /**
         * Frame geneveOption.
         * @member {number} geneveOption
         * @memberof podwire.Frame
         * @instance
         */
        Frame.prototype.geneveOption = 0;

        /**
         * Creates a new Frame instance using the specified properties.
         * @function create
         * @memberof podwire.Frame
         * @static
         * @param {podwire.Frame.$Properties=} [properties] Properties to set
         * @returns {podwire.Frame} Frame instance
         * @type {{
         *   (properties: podwire.Frame.$Shape): podwire.Frame & podwire.Frame.$Shape;
         *   (properties?: podwire.Frame.$Properties): podwire.Frame;
         * }}
         */
        Frame.create = function(properties) {
            return new Frame(properties);
        };

        /**
         * Encodes the specified Frame message. Does not implicitly {@link podwire.Frame.verify|verify} messages.
         * @function encode
         * @memberof podwire.Frame
         * @static
         * @param {podwire.Frame.$Properties} message Frame message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Frame.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.ethDst != null && $Object.hasOwnProperty.call(message, "ethDst") && !$Object.is(message.ethDst, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.ethDst);
            if (message.ethSrc != null && $Object.hasOwnProperty.call(message, "ethSrc") && !$Object.is(message.ethSrc, 0))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.ethSrc);
            if (message.etherType != null && $Object.hasOwnProperty.call(message, "etherType") && message.etherType !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.etherType);
            if (message.src != null && $Object.hasOwnProperty.call(message, "src") && message.src !== 0)
                writer.uint32(/* id 4, wireType 5 =*/37).fixed32(message.src);
            if (message.dst != null && $Object.hasOwnProperty.call(message, "dst") && message.dst !== 0)
                writer.uint32(/* id 5, wireType 5 =*/45).fixed32(message.dst);
            if (message.proto != null && $Object.hasOwnProperty.call(message, "proto") && message.proto !== 0)
                writer.uint32(/* id 6, wireType 0 =*/48).uint32(message.proto);
            if (message.ttlHops != null && $Object.hasOwnProperty.call(message, "ttlHops") && message.ttlHops !== 0)
                writer.uint32(/* id 7, wireType 0 =*/56).uint32(message.ttlHops);
            if (message.ipFlags != null && $Object.hasOwnProperty.call(message, "ipFlags") && message.ipFlags !== 0)
                writer.uint32(/* id 8, wireType 0 =*/64).uint32(message.ipFlags);
            if (message.srcPort != null && $Object.hasOwnProperty.call(message, "srcPort") && message.srcPort !== 0)
                writer.uint32(/* id 9, wireType 0 =*/72).uint32(message.srcPort);
            if (message.dstPort != null && $Object.hasOwnProperty.call(message, "dstPort") && message.dstPort !== 0)
                writer.uint32(/* id 10, wireType 0 =*/80).uint32(message.dstPort);
            if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && message.seq !== 0)
                writer.uint32(/* id 11, wireType 5 =*/93).fixed32(message.seq);
            if (message.ack != null && $Object.hasOwnProperty.call(message, "ack") && message.ack !== 0)
                writer.uint32(/* id 12, wireType 5 =*/101).fixed32(message.ack);
            if (message.tcpFlags != null && $Object.hasOwnProperty.call(message, "tcpFlags") && message.tcpFlags !== 0)
                writer.uint32(/* id 13, wireType 0 =*/104).uint32(message.tcpFlags);
            if (message.window != null && $Object.hasOwnProperty.call(message, "window") && message.window !== 0)
                writer.uint32(/* id 14, wireType 0 =*/112).uint32(message.window);
            if (message.payload != null && message.payload.length)
                for (let i = 0; i < message.payload.length; ++i)
                    $root.podwire.Chunk.encode(message.payload[i], writer.uint32(/* id 15, wireType 2 =*/122).fork(), _depth + 1).ldelim();
            if (message.ipId != null && $Object.hasOwnProperty.call(message, "ipId") && message.ipId !== 0)
                writer.uint32(/* id 16, wireType 0 =*/128).uint32(message.ipId);
            if (message.tos != null && $Object.hasOwnProperty.call(message, "tos") && message.tos !== 0)
                writer.uint32(/* id 17, wireType 0 =*/136).uint32(message.tos);
            if (message.fragOffsetBytes != null && $Object.hasOwnProperty.call(message, "fragOffsetBytes") && message.fragOffsetBytes !== 0)
                writer.uint32(/* id 18, wireType 0 =*/144).uint32(message.fragOffsetBytes);
            if (message.vlan != null && $Object.hasOwnProperty.call(message, "vlan") && message.vlan !== 0)
                writer.uint32(/* id 19, wireType 0 =*/152).uint32(message.vlan);
            if (message.src6 != null && $Object.hasOwnProperty.call(message, "src6") && message.src6.length)
                writer.uint32(/* id 20, wireType 2 =*/162).bytes(message.src6);
            if (message.dst6 != null && $Object.hasOwnProperty.call(message, "dst6") && message.dst6.length)
                writer.uint32(/* id 21, wireType 2 =*/170).bytes(message.dst6);
            if (message.arpOp != null && $Object.hasOwnProperty.call(message, "arpOp") && message.arpOp !== 0)
                writer.uint32(/* id 22, wireType 0 =*/176).uint32(message.arpOp);
            if (message.arpSha != null && $Object.hasOwnProperty.call(message, "arpSha") && !$Object.is(message.arpSha, 0))
                writer.uint32(/* id 23, wireType 1 =*/185).double(message.arpSha);
            if (message.arpTha != null && $Object.hasOwnProperty.call(message, "arpTha") && !$Object.is(message.arpTha, 0))
                writer.uint32(/* id 24, wireType 1 =*/193).double(message.arpTha);
            if (message.optMss != null && $Object.hasOwnProperty.call(message, "optMss") && message.optMss !== 0)
                writer.uint32(/* id 25, wireType 0 =*/200).uint32(message.optMss);
            if (message.optPresent != null && $Object.hasOwnProperty.call(message, "optPresent") && message.optPresent !== 0)
                writer.uint32(/* id 26, wireType 0 =*/208).uint32(message.optPresent);
            if (message.optWscale != null && $Object.hasOwnProperty.call(message, "optWscale") && message.optWscale !== 0)
                writer.uint32(/* id 27, wireType 0 =*/216).uint32(message.optWscale);
            if (message.optTsVal != null && $Object.hasOwnProperty.call(message, "optTsVal") && message.optTsVal !== 0)
                writer.uint32(/* id 28, wireType 5 =*/229).fixed32(message.optTsVal);
            if (message.optTsEcr != null && $Object.hasOwnProperty.call(message, "optTsEcr") && message.optTsEcr !== 0)
                writer.uint32(/* id 29, wireType 5 =*/237).fixed32(message.optTsEcr);
            if (message.optSack != null && message.optSack.length)
                writer.uint32(/* id 30, wireType 2 =*/242).fixed32s(message.optSack);
            if (message.icmpType != null && $Object.hasOwnProperty.call(message, "icmpType") && message.icmpType !== 0)
                writer.uint32(/* id 31, wireType 0 =*/248).uint32(message.icmpType);
            if (message.icmpCode != null && $Object.hasOwnProperty.call(message, "icmpCode") && message.icmpCode !== 0)
                writer.uint32(/* id 32, wireType 0 =*/256).uint32(message.icmpCode);
            if (message.icmpId != null && $Object.hasOwnProperty.call(message, "icmpId") && message.icmpId !== 0)
                writer.uint32(/* id 33, wireType 0 =*/264).uint32(message.icmpId);
            if (message.icmpSeq != null && $Object.hasOwnProperty.call(message, "icmpSeq") && message.icmpSeq !== 0)
                writer.uint32(/* id 34, wireType 0 =*/272).uint32(message.icmpSeq);
            if (message.icmpMtuBytes != null && $Object.hasOwnProperty.call(message, "icmpMtuBytes") && message.icmpMtuBytes !== 0)
                writer.uint32(/* id 35, wireType 0 =*/280).uint32(message.icmpMtuBytes);
            if (message.encap != null && $Object.hasOwnProperty.call(message, "encap") && message.encap !== 0)
                writer.uint32(/* id 36, wireType 0 =*/288).uint32(message.encap);
            if (message.vni != null && $Object.hasOwnProperty.call(message, "vni") && message.vni !== 0)
                writer.uint32(/* id 37, wireType 0 =*/296).uint32(message.vni);
            if (message.inner != null && $Object.hasOwnProperty.call(message, "inner"))
                $root.podwire.Frame.encode(message.inner, writer.uint32(/* id 38, wireType 2 =*/306).fork(), _depth + 1).ldelim();
            if (message.traceId != null && $Object.hasOwnProperty.call(message, "traceId") && !$Object.is(message.traceId, 0))
                writer.uint32(/* id 39, wireType 1 =*/313).double(message.traceId);
            if (message.born != null && $Object.hasOwnProperty.call(message, "born") && !$Object.is(message.born, 0))
                writer.uint32(/* id 40, wireType 1 =*/321).double(message.born);
            if (message.gsoSizeBytes != null && $Object.hasOwnProperty.call(message, "gsoSizeBytes") && message.gsoSizeBytes !== 0)
                writer.uint32(/* id 41, wireType 0 =*/328).uint32(message.gsoSizeBytes);
            if (message.gsoSpanNs != null && $Object.hasOwnProperty.call(message, "gsoSpanNs") && !$Object.is(message.gsoSpanNs, 0))
                writer.uint32(/* id 42, wireType 1 =*/337).double(message.gsoSpanNs);
            if (message.geneveOption != null && $Object.hasOwnProperty.call(message, "geneveOption") && message.geneveOption !== 0)
                writer.uint32(/* id 43, wireType 5 =*/349).fixed32(message.geneveOption);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Frame message from the specified reader or buffer.
         * @function decode
         * @memberof podwire.Frame
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {podwire.Frame & podwire.Frame.$Shape} Frame
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Frame.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.podwire.Frame();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.ethDst = value;
                        else
                            delete message.ethDst;
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.ethSrc = value;
                        else
                            delete message.ethSrc;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.etherType = value;
                        else
                            delete message.etherType;
                        continue;
                    }
                case 4: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.src = value;
                        else
                            delete message.src;
                        continue;
                    }
                case 5: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.dst = value;
                        else
                            delete message.dst;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.proto = value;
                        else
                            delete message.proto;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.ttlHops = value;
                        else
                            delete message.ttlHops;
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.ipFlags = value;
                        else
                            delete message.ipFlags;
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.srcPort = value;
                        else
                            delete message.srcPort;
                        continue;
                    }
                case 10: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.dstPort = value;
                        else
                            delete message.dstPort;
                        continue;
                    }
                case 11: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.seq = value;
                        else
                            delete message.seq;
                        continue;
                    }
                case 12: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.ack = value;
                        else
                            delete message.ack;
                        continue;
                    }
                case 13: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.tcpFlags = value;
                        else
                            delete message.tcpFlags;
                        continue;
                    }
                case 14: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.window = value;
                        else
                            delete message.window;
                        continue;
                    }
                case 15: {
                        if (wireType !== 2)
                            break;
                        if (!(message.payload && message.payload.length))
                            message.payload = [];
                        message.payload.push($root.podwire.Chunk.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 16: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.ipId = value;
                        else
                            delete message.ipId;
                        continue;
                    }
                case 17: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.tos = value;
                        else
                            delete message.tos;
                        continue;
                    }
                case 18: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.fragOffsetBytes = value;
                        else
                            delete message.fragOffsetBytes;
                        continue;
                    }
                case 19: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.vlan = value;
                        else
                            delete message.vlan;
                        continue;
                    }
                case 20: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.src6 = value;
                        else
                            delete message.src6;
                        continue;
                    }
                case 21: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.dst6 = value;
                        else
                            delete message.dst6;
                        continue;
                    }
                case 22: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.arpOp = value;
                        else
                            delete message.arpOp;
                        continue;
                    }
                case 23: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.arpSha = value;
                        else
                            delete message.arpSha;
                        continue;
                    }
                case 24: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.arpTha = value;
                        else
                            delete message.arpTha;
                        continue;
                    }
                case 25: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.optMss = value;
                        else
                            delete message.optMss;
                        continue;
                    }
                case 26: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.optPresent = value;
                        else
                            delete message.optPresent;
                        continue;
                    }
                case 27: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.optWscale = value;
                        else
                            delete message.optWscale;
                        continue;
                    }
                case 28: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.optTsVal = value;
                        else
                            delete message.optTsVal;
                        continue;
                    }
                case 29: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.optTsEcr = value;
                        else
                            delete message.optTsEcr;
                        continue;
                    }
                case 30: {
                        if (wireType === 2) {
                            if (!(message.optSack && message.optSack.length))
                                message.optSack = [];
                            reader.fixed32s(message.optSack);
                            continue;
                        }
                        if (wireType !== 5)
                            break;
                        if (!(message.optSack && message.optSack.length))
                            message.optSack = [];
                        message.optSack.push(reader.fixed32());
                        continue;
                    }
                case 31: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.icmpType = value;
                        else
                            delete message.icmpType;
                        continue;
                    }
                case 32: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.icmpCode = value;
                        else
                            delete message.icmpCode;
                        continue;
                    }
                case 33: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.icmpId = value;
                        else
                            delete message.icmpId;
                        continue;
                    }
                case 34: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.icmpSeq = value;
                        else
                            delete message.icmpSeq;
                        continue;
                    }
                case 35: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.icmpMtuBytes = value;
                        else
                            delete message.icmpMtuBytes;
                        continue;
                    }
                case 36: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.encap = value;
                        else
                            delete message.encap;
                        continue;
                    }
                case 37: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.vni = value;
                        else
                            delete message.vni;
                        continue;
                    }
                case 38: {
                        if (wireType !== 2)
                            break;
                        message.inner = $root.podwire.Frame.decode(reader, reader.size(), $undefined, _depth + 1, message.inner);
                        continue;
                    }
                case 39: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.traceId = value;
                        else
                            delete message.traceId;
                        continue;
                    }
                case 40: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.born = value;
                        else
                            delete message.born;
                        continue;
                    }
                case 41: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.gsoSizeBytes = value;
                        else
                            delete message.gsoSizeBytes;
                        continue;
                    }
                case 42: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.gsoSpanNs = value;
                        else
                            delete message.gsoSpanNs;
                        continue;
                    }
                case 43: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.geneveOption = value;
                        else
                            delete message.geneveOption;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Frame;
    })();

    podwire.Chunk = (function() {

        /**
         * Properties of a Chunk.
         * @typedef {Object} podwire.Chunk.$Properties
         * @property {Uint8Array|null} [bytes] Chunk bytes
         * @property {number|null} [fillLenBytes] Chunk fillLenBytes
         * @property {number|null} [fill] Chunk fill
         * @property {number|null} [source] Chunk source
         * @property {number|null} [offsetBytes] Chunk offsetBytes
         * @property {number|null} [lenBytes] Chunk lenBytes
         * @property {podwire.Source.$Properties|null} [content] Chunk content
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Chunk.
         * @memberof podwire
         * @interface IChunk
         * @augments podwire.Chunk.$Properties
         * @deprecated Use podwire.Chunk.$Properties instead.
         */

        /**
         * Shape of a Chunk.
         * @typedef {podwire.Chunk.$Properties} podwire.Chunk.$Shape
         */

        /**
         * Constructs a new Chunk.
         * @memberof podwire
         * @classdesc Represents a Chunk.
         * @constructor
         * @param {podwire.Chunk.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Chunk = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Chunk bytes.
         * @member {Uint8Array} bytes
         * @memberof podwire.Chunk
         * @instance
         */
        Chunk.prototype.bytes = $util.newBuffer([]);

        /**
         * Chunk fillLenBytes.
         * @member {number} fillLenBytes
         * @memberof podwire.Chunk
         * @instance
         */
        Chunk.prototype.fillLenBytes = 0;

        /**
         * Chunk fill.
         * @member {number} fill
         * @memberof podwire.Chunk
         * @instance
         */
        Chunk.prototype.fill = 0;

        /**
         * Chunk source.
         * @member {number} source
         * @memberof podwire.Chunk
         * @instance
         */
        Chunk.prototype.source = 0;

        /**
         * Chunk offsetBytes.
         * @member {number} offsetBytes
         * @memberof podwire.Chunk
         * @instance
         */
        Chunk.prototype.offsetBytes = 0;

        /**
         * Chunk lenBytes.
         * @member {number} lenBytes
         * @memberof podwire.Chunk
         * @instance
         */
        Chunk.prototype.lenBytes = 0;

        /**
         * Chunk content.
         * @member {podwire.Source.$Properties|null|undefined} content
         * @memberof podwire.Chunk
         * @instance
         */
        Chunk.prototype.content = null;

        /**
         * Creates a new Chunk instance using the specified properties.
         * @function create
         * @memberof podwire.Chunk
         * @static
         * @param {podwire.Chunk.$Properties=} [properties] Properties to set
         * @returns {podwire.Chunk} Chunk instance
         * @type {{
         *   (properties: podwire.Chunk.$Shape): podwire.Chunk & podwire.Chunk.$Shape;
         *   (properties?: podwire.Chunk.$Properties): podwire.Chunk;
         * }}
         */
        Chunk.create = function(properties) {
            return new Chunk(properties);
        };

        /**
         * Encodes the specified Chunk message. Does not implicitly {@link podwire.Chunk.verify|verify} messages.
         * @function encode
         * @memberof podwire.Chunk
         * @static
         * @param {podwire.Chunk.$Properties} message Chunk message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Chunk.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.bytes != null && $Object.hasOwnProperty.call(message, "bytes") && message.bytes.length)
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.bytes);
            if (message.fillLenBytes != null && $Object.hasOwnProperty.call(message, "fillLenBytes") && message.fillLenBytes !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.fillLenBytes);
            if (message.fill != null && $Object.hasOwnProperty.call(message, "fill") && message.fill !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.fill);
            if (message.source != null && $Object.hasOwnProperty.call(message, "source") && message.source !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.source);
            if (message.offsetBytes != null && $Object.hasOwnProperty.call(message, "offsetBytes") && message.offsetBytes !== 0)
                writer.uint32(/* id 5, wireType 0 =*/40).uint32(message.offsetBytes);
            if (message.lenBytes != null && $Object.hasOwnProperty.call(message, "lenBytes") && message.lenBytes !== 0)
                writer.uint32(/* id 6, wireType 0 =*/48).uint32(message.lenBytes);
            if (message.content != null && $Object.hasOwnProperty.call(message, "content"))
                $root.podwire.Source.encode(message.content, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Chunk message from the specified reader or buffer.
         * @function decode
         * @memberof podwire.Chunk
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {podwire.Chunk & podwire.Chunk.$Shape} Chunk
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Chunk.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.podwire.Chunk();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.bytes = value;
                        else
                            delete message.bytes;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.fillLenBytes = value;
                        else
                            delete message.fillLenBytes;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.fill = value;
                        else
                            delete message.fill;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.source = value;
                        else
                            delete message.source;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.offsetBytes = value;
                        else
                            delete message.offsetBytes;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.lenBytes = value;
                        else
                            delete message.lenBytes;
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        message.content = $root.podwire.Source.decode(reader, reader.size(), $undefined, _depth + 1, message.content);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Chunk;
    })();

    podwire.Source = (function() {

        /**
         * Properties of a Source.
         * @typedef {Object} podwire.Source.$Properties
         * @property {number|null} [lenBytes] Source lenBytes
         * @property {podwire.Value.$Properties|null} [json] Source json
         * @property {Array.<podwire.Value.$Properties>|null} [lines] Source lines
         * @property {boolean|null} [hasLineEnd] Source hasLineEnd
         * @property {podwire.Value.$Properties|null} [headerFields] Source headerFields
         * @property {number|null} [streamId] Source streamId
         * @property {boolean|null} [isLast] Source isLast
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Source.
         * @memberof podwire
         * @interface ISource
         * @augments podwire.Source.$Properties
         * @deprecated Use podwire.Source.$Properties instead.
         */

        /**
         * Shape of a Source.
         * @typedef {podwire.Source.$Properties} podwire.Source.$Shape
         */

        /**
         * Constructs a new Source.
         * @memberof podwire
         * @classdesc Represents a Source.
         * @constructor
         * @param {podwire.Source.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Source = function (properties) {
            this.lines = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Source lenBytes.
         * @member {number} lenBytes
         * @memberof podwire.Source
         * @instance
         */
        Source.prototype.lenBytes = 0;

        /**
         * Source json.
         * @member {podwire.Value.$Properties|null|undefined} json
         * @memberof podwire.Source
         * @instance
         */
        Source.prototype.json = null;

        /**
         * Source lines.
         * @member {Array.<podwire.Value.$Properties>} lines
         * @memberof podwire.Source
         * @instance
         */
        Source.prototype.lines = $util.emptyArray;

        /**
         * Source hasLineEnd.
         * @member {boolean} hasLineEnd
         * @memberof podwire.Source
         * @instance
         */
        Source.prototype.hasLineEnd = false;

        /**
         * Source headerFields.
         * @member {podwire.Value.$Properties|null|undefined} headerFields
         * @memberof podwire.Source
         * @instance
         */
        Source.prototype.headerFields = null;

        /**
         * Source streamId.
         * @member {number} streamId
         * @memberof podwire.Source
         * @instance
         */
        Source.prototype.streamId = 0;

        /**
         * Source isLast.
         * @member {boolean} isLast
         * @memberof podwire.Source
         * @instance
         */
        Source.prototype.isLast = false;

        /**
         * Creates a new Source instance using the specified properties.
         * @function create
         * @memberof podwire.Source
         * @static
         * @param {podwire.Source.$Properties=} [properties] Properties to set
         * @returns {podwire.Source} Source instance
         * @type {{
         *   (properties: podwire.Source.$Shape): podwire.Source & podwire.Source.$Shape;
         *   (properties?: podwire.Source.$Properties): podwire.Source;
         * }}
         */
        Source.create = function(properties) {
            return new Source(properties);
        };

        /**
         * Encodes the specified Source message. Does not implicitly {@link podwire.Source.verify|verify} messages.
         * @function encode
         * @memberof podwire.Source
         * @static
         * @param {podwire.Source.$Properties} message Source message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Source.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.lenBytes != null && $Object.hasOwnProperty.call(message, "lenBytes") && message.lenBytes !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.lenBytes);
            if (message.json != null && $Object.hasOwnProperty.call(message, "json"))
                $root.podwire.Value.encode(message.json, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.lines != null && message.lines.length)
                for (let i = 0; i < message.lines.length; ++i)
                    $root.podwire.Value.encode(message.lines[i], writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.hasLineEnd != null && $Object.hasOwnProperty.call(message, "hasLineEnd") && message.hasLineEnd !== false)
                writer.uint32(/* id 4, wireType 0 =*/32).bool(message.hasLineEnd);
            if (message.headerFields != null && $Object.hasOwnProperty.call(message, "headerFields"))
                $root.podwire.Value.encode(message.headerFields, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.streamId != null && $Object.hasOwnProperty.call(message, "streamId") && message.streamId !== 0)
                writer.uint32(/* id 6, wireType 0 =*/48).uint32(message.streamId);
            if (message.isLast != null && $Object.hasOwnProperty.call(message, "isLast") && message.isLast !== false)
                writer.uint32(/* id 7, wireType 0 =*/56).bool(message.isLast);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Source message from the specified reader or buffer.
         * @function decode
         * @memberof podwire.Source
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {podwire.Source & podwire.Source.$Shape} Source
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Source.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.podwire.Source();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.lenBytes = value;
                        else
                            delete message.lenBytes;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.json = $root.podwire.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.json);
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.lines && message.lines.length))
                            message.lines = [];
                        message.lines.push($root.podwire.Value.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.hasLineEnd = value;
                        else
                            delete message.hasLineEnd;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.headerFields = $root.podwire.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.headerFields);
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.streamId = value;
                        else
                            delete message.streamId;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.isLast = value;
                        else
                            delete message.isLast;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Source;
    })();

    podwire.Value = (function() {

        /**
         * Properties of a Value.
         * @typedef {Object} podwire.Value.$Properties
         * @property {number|null} [number] Value number
         * @property {string|null} [json] Value json
         * @property {Array.<podwire.Value.$Properties>|null} [items] Value items
         * @property {Array.<podwire.Field.$Properties>|null} [fields] Value fields
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Value.
         * @memberof podwire
         * @interface IValue
         * @augments podwire.Value.$Properties
         * @deprecated Use podwire.Value.$Properties instead.
         */

        /**
         * Shape of a Value.
         * @typedef {podwire.Value.$Properties} podwire.Value.$Shape
         */

        /**
         * Constructs a new Value.
         * @memberof podwire
         * @classdesc Represents a Value.
         * @constructor
         * @param {podwire.Value.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Value = function (properties) {
            this.items = [];
            this.fields = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Value number.
         * @member {number} number
         * @memberof podwire.Value
         * @instance
         */
        Value.prototype.number = 0;

        /**
         * Value json.
         * @member {string} json
         * @memberof podwire.Value
         * @instance
         */
        Value.prototype.json = "";

        /**
         * Value items.
         * @member {Array.<podwire.Value.$Properties>} items
         * @memberof podwire.Value
         * @instance
         */
        Value.prototype.items = $util.emptyArray;

        /**
         * Value fields.
         * @member {Array.<podwire.Field.$Properties>} fields
         * @memberof podwire.Value
         * @instance
         */
        Value.prototype.fields = $util.emptyArray;

        /**
         * Creates a new Value instance using the specified properties.
         * @function create
         * @memberof podwire.Value
         * @static
         * @param {podwire.Value.$Properties=} [properties] Properties to set
         * @returns {podwire.Value} Value instance
         * @type {{
         *   (properties: podwire.Value.$Shape): podwire.Value & podwire.Value.$Shape;
         *   (properties?: podwire.Value.$Properties): podwire.Value;
         * }}
         */
        Value.create = function(properties) {
            return new Value(properties);
        };

        /**
         * Encodes the specified Value message. Does not implicitly {@link podwire.Value.verify|verify} messages.
         * @function encode
         * @memberof podwire.Value
         * @static
         * @param {podwire.Value.$Properties} message Value message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Value.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.number != null && $Object.hasOwnProperty.call(message, "number") && message.number !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.number);
            if (message.json != null && $Object.hasOwnProperty.call(message, "json") && message.json !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.json);
            if (message.items != null && message.items.length)
                for (let i = 0; i < message.items.length; ++i)
                    $root.podwire.Value.encode(message.items[i], writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.fields != null && message.fields.length)
                for (let i = 0; i < message.fields.length; ++i)
                    $root.podwire.Field.encode(message.fields[i], writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Value message from the specified reader or buffer.
         * @function decode
         * @memberof podwire.Value
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {podwire.Value & podwire.Value.$Shape} Value
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Value.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.podwire.Value();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.number = value;
                        else
                            delete message.number;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.json = value;
                        else
                            delete message.json;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.items && message.items.length))
                            message.items = [];
                        message.items.push($root.podwire.Value.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (!(message.fields && message.fields.length))
                            message.fields = [];
                        message.fields.push($root.podwire.Field.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Value;
    })();

    podwire.Field = (function() {

        /**
         * Properties of a Field.
         * @typedef {Object} podwire.Field.$Properties
         * @property {string|null} [name] Field name
         * @property {podwire.Value.$Properties|null} [value] Field value
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Field.
         * @memberof podwire
         * @interface IField
         * @augments podwire.Field.$Properties
         * @deprecated Use podwire.Field.$Properties instead.
         */

        /**
         * Shape of a Field.
         * @typedef {podwire.Field.$Properties} podwire.Field.$Shape
         */

        /**
         * Constructs a new Field.
         * @memberof podwire
         * @classdesc Represents a Field.
         * @constructor
         * @param {podwire.Field.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Field = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Field name.
         * @member {string} name
         * @memberof podwire.Field
         * @instance
         */
        Field.prototype.name = "";

        /**
         * Field value.
         * @member {podwire.Value.$Properties|null|undefined} value
         * @memberof podwire.Field
         * @instance
         */
        Field.prototype.value = null;

        /**
         * Creates a new Field instance using the specified properties.
         * @function create
         * @memberof podwire.Field
         * @static
         * @param {podwire.Field.$Properties=} [properties] Properties to set
         * @returns {podwire.Field} Field instance
         * @type {{
         *   (properties: podwire.Field.$Shape): podwire.Field & podwire.Field.$Shape;
         *   (properties?: podwire.Field.$Properties): podwire.Field;
         * }}
         */
        Field.create = function(properties) {
            return new Field(properties);
        };

        /**
         * Encodes the specified Field message. Does not implicitly {@link podwire.Field.verify|verify} messages.
         * @function encode
         * @memberof podwire.Field
         * @static
         * @param {podwire.Field.$Properties} message Field message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Field.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
            if (message.value != null && $Object.hasOwnProperty.call(message, "value"))
                $root.podwire.Value.encode(message.value, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Field message from the specified reader or buffer.
         * @function decode
         * @memberof podwire.Field
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {podwire.Field & podwire.Field.$Shape} Field
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Field.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.podwire.Field();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.value = $root.podwire.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.value);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Field;
    })();

    return podwire;
})();

export {
  $root as default
};
