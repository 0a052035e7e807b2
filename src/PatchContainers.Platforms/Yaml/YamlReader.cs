using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace PatchContainers.Platforms.Yaml;

/// <summary>
/// Reads YAML (and JSON, which is YAML) into trees, from the parser's events and with a stack of its own: neither the nesting nor the
/// aliases of a file decide how much stack or memory it takes.
/// </summary>
internal sealed class YamlReader
{
    /// <summary>Where an error's <see cref="Exception.Data"/> has the line that it is about.</summary>
    public const string LineKey = "line";

    private readonly SourceText _source;
    private readonly YamlLimits _limits;
    private readonly bool _isSecret;
    private readonly List<YamlDocument> _documents = [];
    private readonly Stack<YamlNode> _open = new();
    private readonly Stack<YamlNode?> _keys = new();
    private Dictionary<string, YamlNode> _anchors = [];
    private YamlNode? _root;
    private bool _hasAliases;
    private long _nodes;

    private YamlReader(SourceText source, YamlLimits limits, bool isSecret)
    {
        _source = source;
        _limits = limits;
        _isSecret = isSecret;
    }

    /// <summary>Reads every document of a file.</summary>
    /// <exception cref="PatchException">
    /// <see cref="PatchErrorCode.InvalidData"/> or <see cref="PatchErrorCode.LimitExceeded"/>, naming the file, the line and the fault.
    /// </exception>
    public static IReadOnlyList<YamlDocument> Read(SourceText source, YamlLimits limits, CancellationToken cancellationToken = default) =>
        Read(new YamlReader(source, limits, isSecret: false), cancellationToken);

    /// <summary>Reads a file that holds passwords or keys: messages name the line, and quote nothing of it.</summary>
    /// <exception cref="PatchException">As <see cref="Read(SourceText, YamlLimits, CancellationToken)"/>.</exception>
    public static IReadOnlyList<YamlDocument> ReadSecret(SourceText source, YamlLimits limits, CancellationToken cancellationToken = default) =>
        Read(new YamlReader(source, limits, isSecret: true), cancellationToken);

    private static List<YamlDocument> Read(YamlReader reader, CancellationToken cancellationToken)
    {
        reader.ReadAll(cancellationToken);
        return reader._documents;
    }

    private void ReadAll(CancellationToken cancellationToken)
    {
        var parser = new Parser(new Scanner(new StringReader(_source.Text), skipComments: true));
        var last = 1;
        while (Next(parser, last))
        {
            cancellationToken.ThrowIfCancellationRequested();
            last = (int)parser.Current!.Start.Line;
            Take(parser.Current);
        }
    }

    // On some broken input the parser throws what it did not mean to (InvalidOperationException and others): a file that it cannot take
    // is a broken file, however it says so.
#pragma warning disable CA1031
    private bool Next(Parser parser, int line)
    {
        try
        {
            return parser.MoveNext();
        }
        catch (YamlException e)
        {
            throw Broken((int)e.Start.Line, FirstSentence(e.Message), e);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw Broken(line, "the text after it breaks off or is malformed", e);
        }
    }
#pragma warning restore CA1031

    private void Take(ParsingEvent current)
    {
        switch (current)
        {
            case DocumentStart:
                _anchors = _anchors.Count == 0 ? _anchors : [];
                _root = null;
                _hasAliases = false;
                break;
            case Scalar scalar:
                Add(new YamlScalar((int)scalar.Start.Index, (int)scalar.End.Index, (int)scalar.Start.Line, Name(scalar.Anchor),
                    Name(scalar.Tag), scalar.Value, scalar.Style));
                break;
            case AnchorAlias alias:
                Add(Alias(alias));
                break;
            case SequenceStart sequence:
                Open(new YamlSequence((int)sequence.Start.Index, (int)sequence.End.Index, (int)sequence.Start.Line, Name(sequence.Anchor),
                    Name(sequence.Tag)));
                break;
            case MappingStart mapping:
                Open(new YamlMapping((int)mapping.Start.Index, (int)mapping.End.Index, (int)mapping.Start.Line, Name(mapping.Anchor),
                    Name(mapping.Tag)));
                break;
            case SequenceEnd or MappingEnd:
                Close();
                break;
            case DocumentEnd when _root is not null:
                _documents.Add(new YamlDocument(_documents.Count, _root, _hasAliases));
                _nodes += _root.ExpandedSize;
                CheckSize(0, _root.Line);
                break;
            default:
                break;
        }
    }

    private YamlAlias Alias(AnchorAlias alias)
    {
        var line = (int)alias.Start.Line;
        if (!_anchors.TryGetValue(alias.Value.Value, out var target))
        {
            throw Broken(line, $"the alias '*{alias.Value}' has no anchor '&{alias.Value}' before it");
        }

        if (_open.Contains(target))
        {
            throw Broken(line, $"the alias '*{alias.Value}' stands inside its own anchor");
        }

        _hasAliases = true;
        return new YamlAlias((int)alias.Start.Index, (int)alias.End.Index, line, target)
        {
            ExpandedSize = target.ExpandedSize,
            ExpandedDepth = target.ExpandedDepth,
        };
    }

    private void Open(YamlNode collection)
    {
        if (_open.Count >= _limits.MaxDepth)
        {
            throw Limit(collection.Line, $"is nested more than {_limits.MaxDepth} levels deep");
        }

        Anchor(collection);
        _open.Push(collection);
        _keys.Push(null);
    }

    private void Close()
    {
        var collection = _open.Pop();
        _keys.Pop();
        if (collection is YamlMapping mapping)
        {
            CheckKeys(mapping);
        }

        Attach(collection);
    }

    private void Add(YamlNode node)
    {
        if (node is YamlScalar)
        {
            Anchor(node);
        }

        Attach(node);
    }

    private void Anchor(YamlNode node)
    {
        if (node.Anchor is not null)
        {
            _anchors[node.Anchor] = node;
        }
    }

    private void Attach(YamlNode node)
    {
        if (!_open.TryPeek(out var parent))
        {
            _root = node;
            return;
        }

        parent.ExpandedSize += node.ExpandedSize;
        parent.ExpandedDepth = Math.Max(parent.ExpandedDepth, node.ExpandedDepth + 1);
        CheckSize(parent.ExpandedSize, node.Line);
        if (_open.Count + node.ExpandedDepth > _limits.MaxDepth)
        {
            throw Limit(node.Line, $"is nested more than {_limits.MaxDepth} levels deep once its aliases are followed");
        }

        if (parent is YamlSequence sequence)
        {
            sequence.Items.Add(node);
        }
        else if (_keys.Pop() is not { } key)
        {
            _keys.Push(node);
        }
        else
        {
            ((YamlMapping)parent).Entries.Add(new YamlEntry(key, node));
            _keys.Push(null);
        }
    }

    private void CheckSize(long open, int line)
    {
        if (_nodes + open > _limits.MaxNodes)
        {
            throw Limit(line, $"holds more than {_limits.MaxNodes} nodes{(_hasAliases ? " once its aliases are followed" : string.Empty)}");
        }
    }

    private void CheckKeys(YamlMapping mapping)
    {
        // A new one each time: emptying one that was large once takes as long as it was large.
        var seen = new HashSet<string>(mapping.Entries.Count, StringComparer.Ordinal);
        foreach (var entry in mapping.Entries)
        {
            if (entry.IsMerge)
            {
                if (YamlMapping.MergeSources(entry.Value) is null)
                {
                    throw Broken(entry.KeyNode.Line, "the merge key '<<' needs a mapping, or a list of mappings");
                }
            }
            else if (entry.Key is { } key && !seen.Add(key))
            {
                throw Broken(entry.KeyNode.Line, $"the key '{Short(key)}' is there twice in one mapping");
            }
        }
    }

    private static string? Name(AnchorName anchor) => anchor.IsEmpty ? null : anchor.Value;

    private static string? Name(TagName tag) => tag.IsEmpty ? null : tag.Value;

    private static string Short(string key) => key.Length <= 60 ? key : key[..60] + "...";

    // YamlException's text goes on with its marks; the line is told once, in our own words.
    private static string FirstSentence(string message)
    {
        var at = message.IndexOf("Line:", StringComparison.Ordinal);
        return (at > 0 ? message[..at] : message).Trim().TrimEnd('.', ':');
    }

    private PatchException Broken(int line, string fault, Exception? cause = null) => new(PatchErrorCode.InvalidData, _source.Path,
        string.Create(CultureInfo.InvariantCulture, $"'{_source.Path}' is no valid YAML, line {line}{(_isSecret ? string.Empty : $": {fault}")}."),
        _isSecret ? null : cause)
    {
        Data = { [LineKey] = line },
    };

    private PatchException Limit(int line, string fault) => new(PatchErrorCode.LimitExceeded, _source.Path,
        string.Create(CultureInfo.InvariantCulture,
            $"'{_source.Path}' {fault} (line {line}), and was not read. Split the file, or leave it out."))
    {
        Data = { [LineKey] = line },
    };
}
