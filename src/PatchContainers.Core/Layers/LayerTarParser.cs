using System.Security.Cryptography;
using PatchContainers.Images;

namespace PatchContainers.Layers;

/// <summary>
/// Takes a layer's tar piece by piece, as it comes out of the inflater, and collects its entries. Nothing but the selected files is
/// kept. What is behind the tar's end is not looked at, as in every other program.
/// </summary>
internal sealed class LayerTarParser : IDisposable
{
    // Longer names and records than this have no honest use.
    private const int MaxMetadataBytes = 1024 * 1024;

    private readonly LayerName _layer;
    private readonly LayerSelection _selection;
    private readonly LayerLimits _limits;
    private readonly LayerTableBuilder _table = new();
    private readonly LayerLinks _links = new();
    private readonly LayerHardLinks _hardLinks = new();
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _files = new(StringComparer.Ordinal);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _block = new byte[TarFormat.BlockSize];
    private int _blockLength;
    private bool _ended;
    private bool _zeroBlock;

    private char _type;
    private LayerEntry _entry;
    private long _left;
    private int _padding;
    private bool _hashing;
    private byte[]? _kept;
    private long _keptTotal;
    private PaxRecords? _local;

    public LayerTarParser(LayerName layer, LayerSelection selection, LayerLimits limits)
    {
        _layer = layer;
        _selection = selection;
        _limits = limits;
    }

    /// <summary>Takes the next piece of the tar.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !_ended)
        {
            if (_left > 0)
            {
                var length = (int)Math.Min(_left, bytes.Length);
                TakeContent(bytes[..length]);
                bytes = bytes[length..];
            }
            else if (_padding > 0)
            {
                var length = Math.Min(_padding, bytes.Length);
                _padding -= length;
                bytes = bytes[length..];
            }
            else if (_blockLength == 0 && bytes.Length >= TarFormat.BlockSize)
            {
                TakeHeader(bytes[..TarFormat.BlockSize]);
                bytes = bytes[TarFormat.BlockSize..];
            }
            else
            {
                var length = Math.Min(TarFormat.BlockSize - _blockLength, bytes.Length);
                bytes[..length].CopyTo(_block.AsSpan(_blockLength));
                _blockLength += length;
                bytes = bytes[length..];
                if (_blockLength == TarFormat.BlockSize)
                {
                    _blockLength = 0;
                    TakeHeader(_block);
                }
            }
        }
    }

    /// <summary>Says that the tar is over.</summary>
    /// <returns>What was in it.</returns>
    public LayerContent Complete(Digest diffId)
    {
        if (_left > 0)
        {
            throw _layer.Fault(
                $"the tar ends {_left:N0} bytes before the end of the entry's content: it is cut, or the entry's size is a lie",
                _entry.Path);
        }

        // Some writers leave the two blocks of zeros away; a part of a block is a cut.
        if (_padding > 0 || _blockLength > 0)
        {
            throw _layer.Fault("the tar ends in the middle of a block", _entry.Path);
        }

        if (_local is not null)
        {
            throw _layer.Fault("the tar ends after a header that belongs to an entry which is not there");
        }

        return _hardLinks.Outdated is not { } link
            ? new LayerContent(diffId, _table.Build(), _files)
            : throw _layer.Fault("it is a hard link to a file that comes a second time after it, which is not read; build the image with a "
                + "tool that writes each path once", link, PatchErrorCode.NotSupported);
    }

    public void Dispose() => _hash.Dispose();

    private void TakeHeader(ReadOnlySpan<byte> block)
    {
        if (TarHeader.IsEnd(block))
        {
            _ended = _zeroBlock;
            _zeroBlock = true;
            return;
        }

        _zeroBlock = false;
        if (TarHeader.TryRead(block, out var header) is { } fault)
        {
            throw _layer.Fault(fault, header.Name);
        }

        _type = header.Type;
        if (header.Type is 'x' or 'g' or 'L' or 'K')
        {
            BeginMetadata(header);
            return;
        }

        var pax = _local ?? PaxRecords.None;
        _local = null;
        BeginEntry(header with
        {
            Name = pax.Path ?? header.Name,
            LinkName = pax.LinkPath ?? header.LinkName,
            Size = pax.Size ?? header.Size,
            Uid = pax.Uid ?? header.Uid,
            Gid = pax.Gid ?? header.Gid,
        }, pax.Sparse);
    }

    private void BeginMetadata(TarHeader header)
    {
        if (header.Size > MaxMetadataBytes)
        {
            throw _layer.Fault(
                $"a header of {header.Size:N0} bytes is more than the {MaxMetadataBytes:N0} that are read",
                header.Name, PatchErrorCode.LimitExceeded);
        }

        _entry = new LayerEntry(header.Name, LayerEntryKind.File, 0, 0, 0, 0, string.Empty, default);
        _kept = new byte[header.Size];
        BeginContent(header.Size, hashing: false);
    }

    private void BeginEntry(TarHeader header, bool sparse)
    {
        var path = Land(LayerPath.Normalize(header.Name, out var fault) ?? throw _layer.Fault(fault, header.Name), header.Name);
        var kind = Kind(header, sparse);
        var size = kind == LayerEntryKind.File ? header.Size : 0;
        var link = Link(header, kind);
        _entry = Whiteout(new LayerEntry(path, kind, header.Mode, header.Uid, header.Gid, size, link, default));
        if (path.Length == 0 && kind != LayerEntryKind.Directory)
        {
            throw _layer.Fault("its name is empty", header.Name);
        }

        if (_table.Count >= _limits.MaxEntries)
        {
            throw _layer.Limit($"the layer has more than {_limits.MaxEntries:N0} entries", nameof(LayerLimits.MaxEntries), path);
        }

        if (_table.Bytes > _limits.MaxIndexBytes)
        {
            throw _layer.Limit(
                $"the layer's names take more than {_limits.MaxIndexBytes:N0} bytes", nameof(LayerLimits.MaxIndexBytes), path);
        }

        // The last entry of a path counts: whatever was kept of one before is not there any more.
        if (LayerTable.Rank(_entry.Kind) == 0)
        {
            _files.Remove(_entry.Path);
            _links.Add(_entry);
            _hardLinks.Add(_entry);
        }

        _kept = null;
        var hashing = _entry.Kind == LayerEntryKind.File;
        if (hashing && _selection.Includes(path))
        {
            if (size > _limits.MaxCapturedBytes - _keptTotal)
            {
                throw _layer.Limit($"the files that have to be kept take more than {_limits.MaxCapturedBytes:N0} bytes",
                    nameof(LayerLimits.MaxCapturedBytes), path);
            }

            _keptTotal += size;
            _kept = new byte[size];
        }

        BeginContent(size, hashing);
    }

    private string Land(string path, string name)
    {
        var real = _links.Land(path) ?? throw _layer.Fault("the symbolic links on its way run in a circle", name);
        return real.Length <= LayerPath.MaxLength ? real : throw _layer.Fault(LayerPath.TooLong, name);
    }

    private LayerEntryKind Kind(TarHeader header, bool sparse)
    {
        if (sparse || header.Type == 'S')
        {
            throw _layer.Fault(
                "it is a sparse file, which is not read; build the image with a tool that writes whole files",
                header.Name, PatchErrorCode.NotSupported);
        }

        return header.Type switch
        {
            // Version 7 knew no directories but by their name.
            '0' or '\0' or '7' => header.Type == '\0' && header.Name.EndsWith('/') ? LayerEntryKind.Directory : LayerEntryKind.File,
            '1' => LayerEntryKind.HardLink,
            '2' => LayerEntryKind.SymbolicLink,
            '3' => LayerEntryKind.CharacterDevice,
            '4' => LayerEntryKind.BlockDevice,
            '5' => LayerEntryKind.Directory,
            '6' => LayerEntryKind.Fifo,
            _ => throw _layer.Fault($"its type (0x{(int)header.Type:X2}) is none that a layer can have", header.Name),
        };
    }

    private string Link(TarHeader header, LayerEntryKind kind)
    {
        if (kind == LayerEntryKind.SymbolicLink)
        {
            return header.LinkName.Contains('\0', StringComparison.Ordinal) ? throw _layer.Fault("its target has a NUL in it", header.Name)
                : header.LinkName.Length > LayerPath.MaxLength ? throw _layer.Fault($"its target: {LayerPath.TooLong}", header.Name)
                : header.LinkName;
        }

        if (kind != LayerEntryKind.HardLink)
        {
            return string.Empty;
        }

        // Some builders write the target of a hard link from the image's root with a slash in front.
        var target = LayerPath.Normalize(header.LinkName.TrimStart('/'), out var fault);
        fault = fault.Length > 0 ? fault : "it is empty";
        return target is { Length: > 0 }
            ? Land(target, header.Name)
            : throw _layer.Fault($"its hard link's target '{header.LinkName}' cannot be in a layer: {fault}", header.Name);
    }

    private LayerEntry Whiteout(LayerEntry entry)
    {
        var name = LayerPath.Name(entry.Path);
        if (!name.StartsWith(LayerPath.WhiteoutPrefix, StringComparison.Ordinal))
        {
            return entry;
        }

        var parent = LayerPath.Parent(entry.Path).ToString();
        if (name.SequenceEqual(LayerPath.OpaqueMarker))
        {
            return entry with { Path = parent, Kind = LayerEntryKind.OpaqueWhiteout, Size = 0, LinkTarget = string.Empty };
        }

        var removed = name[LayerPath.WhiteoutPrefix.Length..].ToString();
        return removed is "" or "." or ".."
            ? throw _layer.Fault("it is a whiteout that names nothing", entry.Path)
            : entry with
            {
                Path = parent.Length > 0 ? $"{parent}/{removed}" : removed,
                Kind = LayerEntryKind.Whiteout,
                Size = 0,
                LinkTarget = string.Empty,
            };
    }

    private void BeginContent(long size, bool hashing)
    {
        _left = size;
        _padding = (int)(-size & (TarFormat.BlockSize - 1));
        _hashing = hashing;
        if (size == 0)
        {
            EndContent();
        }
    }

    private void TakeContent(ReadOnlySpan<byte> bytes)
    {
        if (_kept is not null)
        {
            bytes.CopyTo(_kept.AsSpan((int)(_kept.Length - _left)));
        }

        _left -= bytes.Length;
        if (_hashing)
        {
            _hash.AppendData(bytes);
        }

        if (_left == 0)
        {
            EndContent();
        }
    }

    private void EndContent()
    {
        switch (_type)
        {
            case 'x':
            case 'g':
                var records = PaxRecords.Parse(_kept, _local ?? PaxRecords.None, out var fault);
                if (fault is not null)
                {
                    throw _layer.Fault(fault, _entry.Path);
                }

                // What is said for all entries is left aside, as by every engine: their library does not apply it.
                _local = _type == 'g' ? _local : records;
                return;

            case 'L':
            case 'K':
                var text = TarHeader.Decode(_kept.AsSpan().TrimEnd((byte)0));
                var before = _local ?? PaxRecords.None;
                _local = _type == 'L' ? before with { Path = text } : before with { LinkPath = text };
                return;
        }

        Span<byte> sha256 = stackalloc byte[SHA256.HashSizeInBytes];
        var hashLength = _hashing ? _hash.GetHashAndReset(sha256) : 0;
        _table.Add(_entry, sha256[..hashLength]);
        if (_kept is not null)
        {
            _files[_entry.Path] = _kept;
            _kept = null;
        }
    }
}
