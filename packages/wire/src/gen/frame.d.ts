/** Generated from ../frame.proto by tools/gen-proto.ts: change that file, not this one. */
import * as $protobuf from "protobufjs";
import Long = require("long");

/** Namespace podwire. */
export namespace podwire {

    /**
     * Properties of an Envelope.
     * @deprecated Use podwire.Envelope.$Properties instead.
     */
    interface IEnvelope extends podwire.Envelope.$Properties {
    }

    /** Represents an Envelope. */
    class Envelope {

        /**
         * Constructs a new Envelope.
         * @param [properties] Properties to set
         */
        constructor(properties?: podwire.Envelope.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Envelope port. */
        port: number;

        /** Envelope frame. */
        frame?: (podwire.Frame.$Properties|null);

        /** Envelope control. */
        control: Uint8Array;

        /**
         * Creates a new Envelope instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Envelope instance
         */
        static create(properties: podwire.Envelope.$Shape): podwire.Envelope & podwire.Envelope.$Shape;
        static create(properties?: podwire.Envelope.$Properties): podwire.Envelope;

        /**
         * Encodes the specified Envelope message. Does not implicitly {@link podwire.Envelope.verify|verify} messages.
         * @param message Envelope message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: podwire.Envelope.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Envelope message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {podwire.Envelope & podwire.Envelope.$Shape} Envelope
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): podwire.Envelope & podwire.Envelope.$Shape;
    }

    namespace Envelope {

        /** Properties of an Envelope. */
        interface $Properties {

            /** Envelope port */
            port?: (number|null);

            /** Envelope frame */
            frame?: (podwire.Frame.$Properties|null);

            /** Envelope control */
            control?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Envelope. */
        type $Shape = podwire.Envelope.$Properties;
    }

    /**
     * Properties of a Frame.
     * @deprecated Use podwire.Frame.$Properties instead.
     */
    interface IFrame extends podwire.Frame.$Properties {
    }

    /** Represents a Frame. */
    class Frame {

        /**
         * Constructs a new Frame.
         * @param [properties] Properties to set
         */
        constructor(properties?: podwire.Frame.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Frame ethDst. */
        ethDst: number;

        /** Frame ethSrc. */
        ethSrc: number;

        /** Frame etherType. */
        etherType: number;

        /** Frame src. */
        src: number;

        /** Frame dst. */
        dst: number;

        /** Frame proto. */
        proto: number;

        /** Frame ttlHops. */
        ttlHops: number;

        /** Frame ipFlags. */
        ipFlags: number;

        /** Frame srcPort. */
        srcPort: number;

        /** Frame dstPort. */
        dstPort: number;

        /** Frame seq. */
        seq: number;

        /** Frame ack. */
        ack: number;

        /** Frame tcpFlags. */
        tcpFlags: number;

        /** Frame window. */
        window: number;

        /** Frame payload. */
        payload: podwire.Chunk.$Properties[];

        /** Frame ipId. */
        ipId: number;

        /** Frame tos. */
        tos: number;

        /** Frame fragOffsetBytes. */
        fragOffsetBytes: number;

        /** Frame vlan. */
        vlan: number;

        /** Frame src6. */
        src6: Uint8Array;

        /** Frame dst6. */
        dst6: Uint8Array;

        /** Frame arpOp. */
        arpOp: number;

        /** Frame arpSha. */
        arpSha: number;

        /** Frame arpTha. */
        arpTha: number;

        /** Frame optMss. */
        optMss: number;

        /** Frame optPresent. */
        optPresent: number;

        /** Frame optWscale. */
        optWscale: number;

        /** Frame optTsVal. */
        optTsVal: number;

        /** Frame optTsEcr. */
        optTsEcr: number;

        /** Frame optSack. */
        optSack: number[];

        /** Frame icmpType. */
        icmpType: number;

        /** Frame icmpCode. */
        icmpCode: number;

        /** Frame icmpId. */
        icmpId: number;

        /** Frame icmpSeq. */
        icmpSeq: number;

        /** Frame icmpMtuBytes. */
        icmpMtuBytes: number;

        /** Frame encap. */
        encap: number;

        /** Frame vni. */
        vni: number;

        /** Frame inner. */
        inner?: (podwire.Frame.$Properties|null);

        /** Frame traceId. */
        traceId: number;

        /** Frame born. */
        born: number;

        /** Frame gsoSizeBytes. */
        gsoSizeBytes: number;

        /** Frame gsoSpanNs. */
        gsoSpanNs: number;

        /** Frame geneveOption. */
        geneveOption: number;

        /**
         * Creates a new Frame instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Frame instance
         */
        static create(properties: podwire.Frame.$Shape): podwire.Frame & podwire.Frame.$Shape;
        static create(properties?: podwire.Frame.$Properties): podwire.Frame;

        /**
         * Encodes the specified Frame message. Does not implicitly {@link podwire.Frame.verify|verify} messages.
         * @param message Frame message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: podwire.Frame.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Frame message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {podwire.Frame & podwire.Frame.$Shape} Frame
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): podwire.Frame & podwire.Frame.$Shape;
    }

    namespace Frame {

        /** Properties of a Frame. */
        interface $Properties {

            /** Frame ethDst */
            ethDst?: (number|null);

            /** Frame ethSrc */
            ethSrc?: (number|null);

            /** Frame etherType */
            etherType?: (number|null);

            /** Frame src */
            src?: (number|null);

            /** Frame dst */
            dst?: (number|null);

            /** Frame proto */
            proto?: (number|null);

            /** Frame ttlHops */
            ttlHops?: (number|null);

            /** Frame ipFlags */
            ipFlags?: (number|null);

            /** Frame srcPort */
            srcPort?: (number|null);

            /** Frame dstPort */
            dstPort?: (number|null);

            /** Frame seq */
            seq?: (number|null);

            /** Frame ack */
            ack?: (number|null);

            /** Frame tcpFlags */
            tcpFlags?: (number|null);

            /** Frame window */
            window?: (number|null);

            /** Frame payload */
            payload?: (podwire.Chunk.$Properties[]|null);

            /** Frame ipId */
            ipId?: (number|null);

            /** Frame tos */
            tos?: (number|null);

            /** Frame fragOffsetBytes */
            fragOffsetBytes?: (number|null);

            /** Frame vlan */
            vlan?: (number|null);

            /** Frame src6 */
            src6?: (Uint8Array|null);

            /** Frame dst6 */
            dst6?: (Uint8Array|null);

            /** Frame arpOp */
            arpOp?: (number|null);

            /** Frame arpSha */
            arpSha?: (number|null);

            /** Frame arpTha */
            arpTha?: (number|null);

            /** Frame optMss */
            optMss?: (number|null);

            /** Frame optPresent */
            optPresent?: (number|null);

            /** Frame optWscale */
            optWscale?: (number|null);

            /** Frame optTsVal */
            optTsVal?: (number|null);

            /** Frame optTsEcr */
            optTsEcr?: (number|null);

            /** Frame optSack */
            optSack?: (number[]|null);

            /** Frame icmpType */
            icmpType?: (number|null);

            /** Frame icmpCode */
            icmpCode?: (number|null);

            /** Frame icmpId */
            icmpId?: (number|null);

            /** Frame icmpSeq */
            icmpSeq?: (number|null);

            /** Frame icmpMtuBytes */
            icmpMtuBytes?: (number|null);

            /** Frame encap */
            encap?: (number|null);

            /** Frame vni */
            vni?: (number|null);

            /** Frame inner */
            inner?: (podwire.Frame.$Properties|null);

            /** Frame traceId */
            traceId?: (number|null);

            /** Frame born */
            born?: (number|null);

            /** Frame gsoSizeBytes */
            gsoSizeBytes?: (number|null);

            /** Frame gsoSpanNs */
            gsoSpanNs?: (number|null);

            /** Frame geneveOption */
            geneveOption?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Frame. */
        type $Shape = podwire.Frame.$Properties;
    }

    /**
     * Properties of a Chunk.
     * @deprecated Use podwire.Chunk.$Properties instead.
     */
    interface IChunk extends podwire.Chunk.$Properties {
    }

    /** Represents a Chunk. */
    class Chunk {

        /**
         * Constructs a new Chunk.
         * @param [properties] Properties to set
         */
        constructor(properties?: podwire.Chunk.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Chunk bytes. */
        bytes: Uint8Array;

        /** Chunk fillLenBytes. */
        fillLenBytes: number;

        /** Chunk fill. */
        fill: number;

        /** Chunk source. */
        source: number;

        /** Chunk offsetBytes. */
        offsetBytes: number;

        /** Chunk lenBytes. */
        lenBytes: number;

        /** Chunk content. */
        content?: (podwire.Source.$Properties|null);

        /**
         * Creates a new Chunk instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Chunk instance
         */
        static create(properties: podwire.Chunk.$Shape): podwire.Chunk & podwire.Chunk.$Shape;
        static create(properties?: podwire.Chunk.$Properties): podwire.Chunk;

        /**
         * Encodes the specified Chunk message. Does not implicitly {@link podwire.Chunk.verify|verify} messages.
         * @param message Chunk message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: podwire.Chunk.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Chunk message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {podwire.Chunk & podwire.Chunk.$Shape} Chunk
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): podwire.Chunk & podwire.Chunk.$Shape;
    }

    namespace Chunk {

        /** Properties of a Chunk. */
        interface $Properties {

            /** Chunk bytes */
            bytes?: (Uint8Array|null);

            /** Chunk fillLenBytes */
            fillLenBytes?: (number|null);

            /** Chunk fill */
            fill?: (number|null);

            /** Chunk source */
            source?: (number|null);

            /** Chunk offsetBytes */
            offsetBytes?: (number|null);

            /** Chunk lenBytes */
            lenBytes?: (number|null);

            /** Chunk content */
            content?: (podwire.Source.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Chunk. */
        type $Shape = podwire.Chunk.$Properties;
    }

    /**
     * Properties of a Source.
     * @deprecated Use podwire.Source.$Properties instead.
     */
    interface ISource extends podwire.Source.$Properties {
    }

    /** Represents a Source. */
    class Source {

        /**
         * Constructs a new Source.
         * @param [properties] Properties to set
         */
        constructor(properties?: podwire.Source.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Source lenBytes. */
        lenBytes: number;

        /** Source json. */
        json?: (podwire.Value.$Properties|null);

        /** Source lines. */
        lines: podwire.Value.$Properties[];

        /** Source hasLineEnd. */
        hasLineEnd: boolean;

        /** Source headerFields. */
        headerFields?: (podwire.Value.$Properties|null);

        /** Source streamId. */
        streamId: number;

        /** Source isLast. */
        isLast: boolean;

        /**
         * Creates a new Source instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Source instance
         */
        static create(properties: podwire.Source.$Shape): podwire.Source & podwire.Source.$Shape;
        static create(properties?: podwire.Source.$Properties): podwire.Source;

        /**
         * Encodes the specified Source message. Does not implicitly {@link podwire.Source.verify|verify} messages.
         * @param message Source message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: podwire.Source.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Source message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {podwire.Source & podwire.Source.$Shape} Source
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): podwire.Source & podwire.Source.$Shape;
    }

    namespace Source {

        /** Properties of a Source. */
        interface $Properties {

            /** Source lenBytes */
            lenBytes?: (number|null);

            /** Source json */
            json?: (podwire.Value.$Properties|null);

            /** Source lines */
            lines?: (podwire.Value.$Properties[]|null);

            /** Source hasLineEnd */
            hasLineEnd?: (boolean|null);

            /** Source headerFields */
            headerFields?: (podwire.Value.$Properties|null);

            /** Source streamId */
            streamId?: (number|null);

            /** Source isLast */
            isLast?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Source. */
        type $Shape = podwire.Source.$Properties;
    }

    /**
     * Properties of a Value.
     * @deprecated Use podwire.Value.$Properties instead.
     */
    interface IValue extends podwire.Value.$Properties {
    }

    /** Represents a Value. */
    class Value {

        /**
         * Constructs a new Value.
         * @param [properties] Properties to set
         */
        constructor(properties?: podwire.Value.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Value number. */
        number: number;

        /** Value json. */
        json: string;

        /** Value items. */
        items: podwire.Value.$Properties[];

        /** Value fields. */
        fields: podwire.Field.$Properties[];

        /**
         * Creates a new Value instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Value instance
         */
        static create(properties: podwire.Value.$Shape): podwire.Value & podwire.Value.$Shape;
        static create(properties?: podwire.Value.$Properties): podwire.Value;

        /**
         * Encodes the specified Value message. Does not implicitly {@link podwire.Value.verify|verify} messages.
         * @param message Value message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: podwire.Value.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Value message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {podwire.Value & podwire.Value.$Shape} Value
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): podwire.Value & podwire.Value.$Shape;
    }

    namespace Value {

        /** Properties of a Value. */
        interface $Properties {

            /** Value number */
            number?: (number|null);

            /** Value json */
            json?: (string|null);

            /** Value items */
            items?: (podwire.Value.$Properties[]|null);

            /** Value fields */
            fields?: (podwire.Field.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Value. */
        type $Shape = podwire.Value.$Properties;
    }

    /**
     * Properties of a Field.
     * @deprecated Use podwire.Field.$Properties instead.
     */
    interface IField extends podwire.Field.$Properties {
    }

    /** Represents a Field. */
    class Field {

        /**
         * Constructs a new Field.
         * @param [properties] Properties to set
         */
        constructor(properties?: podwire.Field.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Field name. */
        name: string;

        /** Field value. */
        value?: (podwire.Value.$Properties|null);

        /**
         * Creates a new Field instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Field instance
         */
        static create(properties: podwire.Field.$Shape): podwire.Field & podwire.Field.$Shape;
        static create(properties?: podwire.Field.$Properties): podwire.Field;

        /**
         * Encodes the specified Field message. Does not implicitly {@link podwire.Field.verify|verify} messages.
         * @param message Field message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: podwire.Field.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Field message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {podwire.Field & podwire.Field.$Shape} Field
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): podwire.Field & podwire.Field.$Shape;
    }

    namespace Field {

        /** Properties of a Field. */
        interface $Properties {

            /** Field name */
            name?: (string|null);

            /** Field value */
            value?: (podwire.Value.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Field. */
        type $Shape = podwire.Field.$Properties;
    }
}
