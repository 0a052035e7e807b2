using System.Runtime.InteropServices;

namespace PatchContainers.Advisories.Database;

/// <summary>
/// The layout of a compiled advisory database: one ecosystem and release, little-endian, a header and seven sections. References into the
/// string section are byte offsets; 0 is the empty string. References into the list section are word offsets; 0 is the empty list.
/// <list type="bullet">
/// <item>Strings: UTF-8, each behind its length as a LEB128 number.</item>
/// <item>Lists: words; a list is its length, then that many words.</item>
/// <item>Records: one an advisory, ordered by id.</item>
/// <item>Affected: one a package that a record names, in the records' order.</item>
/// <item>Events: the events of the affected ranges.</item>
/// <item>Packages: the names, ordered by their bytes, each with its rows.</item>
/// <item>Rows: what is known of a package, ordered by vulnerability: every (vulnerability, affected entry).</item>
/// </list>
/// </summary>
internal static class DatabaseFormat
{
    /// <summary>The first eight bytes.</summary>
    public static ReadOnlySpan<byte> Magic => "PCADVDB\n"u8;

    /// <summary>The version of the layout. A file of another one is to be imported again.</summary>
    public const uint Version = 1;

    /// <summary>Where the checksum stands: the SHA-256 of the whole file with these 32 bytes zero.</summary>
    public const int ChecksumOffset = 24;

    /// <summary>The largest file: offsets are 32-bit numbers, and one span maps the whole file.</summary>
    public const long MaxBytes = int.MaxValue;

    /// <summary>How file names end.</summary>
    public const string Extension = ".advisories";

    /// <summary>Where one section begins and how many bytes it has.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    public struct Section
    {
        public uint Offset;
        public uint Length;
    }

    /// <summary>The file's beginning.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    public unsafe struct Header
    {
        public fixed byte Magic[8];
        public uint Version;
        public uint HeaderLength;
        public long FileLength;
        public fixed byte Checksum[32];
        public long DatabaseTimeTicks;
        public uint Ecosystem;
        public uint Reserved;
        public Section Strings;
        public Section Lists;
        public Section Records;
        public Section Affected;
        public Section Events;
        public Section Packages;
        public Section Rows;
    }

    /// <summary>One advisory.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    public struct Record
    {
        public uint Id;
        public uint Url;
        public long ModifiedTicks;

        /// <summary>A list: for each vulnerability its id and the list of its aliases.</summary>
        public uint Vulnerabilities;
        public uint FirstAffected;
        public uint AffectedCount;
        public uint IsNotice;
    }

    /// <summary>One package that an advisory names.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    public struct Affected
    {
        public uint Package;
        public uint FirstEvent;
        public uint EventCount;
        public uint Versions;
        public uint Cvss;
        public uint SeveritySource;
        public byte Severity;
        public byte Traits;
        public ushort Reserved;
    }

    /// <summary>One event of a range: kind, whether it begins a range, and version.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    public readonly struct Event(RangeEventKind kind, bool beginsRange, uint version)
    {
        // Two bits of kind, one of beginning; strings lie below 512 MB.
        private readonly uint _packed = (version << 3) | (beginsRange ? 4u : 0) | (uint)kind;

        public RangeEventKind Kind => (RangeEventKind)(_packed & 3);

        public bool BeginsRange => (_packed & 4) != 0;

        public uint Version => _packed >> 3;
    }

    /// <summary>The largest string section, which <see cref="Event"/> can point into.</summary>
    public const int MaxStringBytes = 1 << 29;

    /// <summary>One package's name and rows.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    public struct Package
    {
        public uint Name;
        public uint FirstRow;
        public uint RowCount;
    }

    /// <summary>One vulnerability in one affected entry.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    public struct Row
    {
        public uint Vulnerability;
        public uint Record;
        public uint Affected;
    }
}
