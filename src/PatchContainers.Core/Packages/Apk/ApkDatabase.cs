using System.Text;

namespace PatchContainers.Packages.Apk;

/// <summary>apk's database (apk-installed(5)): lines of a letter, a colon and a value, and an empty line after each package.</summary>
internal static class ApkDatabase
{
    /// <summary>Where the database lies; since apk-tools 3 it can lie below <c>usr</c>.</summary>
    public static readonly string[] Paths = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];

    /// <summary>Reads the database.</summary>
    /// <param name="content">The file.</param>
    /// <param name="path">Its path in the image.</param>
    public static PackageDatabase Read(ReadOnlyMemory<byte> content, string path)
    {
        var database = new PackageDatabase();
        var paragraph = default(Paragraph);
        var number = 0;
        for (var rest = content.Span; !rest.IsEmpty;)
        {
            number++;
            var newline = rest.IndexOf((byte)'\n');
            var line = (newline < 0 ? rest : rest[..newline]).TrimEnd((byte)'\r');
            rest = newline < 0 ? default : rest[(newline + 1)..];
            if (!line.IsEmpty)
            {
                paragraph.Take(line, number);
                continue;
            }

            paragraph.AddTo(database, path);
            paragraph = default;
        }

        paragraph.AddTo(database, path);
        return database;
    }

    private struct Paragraph
    {
        private string? _name;
        private string? _version;
        private string? _architecture;
        private string? _origin;
        private int _line;
        private int _faultLine;
        private string? _fault;

        public void Take(ReadOnlySpan<byte> line, int number)
        {
            _line = _line == 0 ? number : _line;
            if (line.Length < 2 || line[1] != ':' || !char.IsAsciiLetter((char)line[0]))
            {
                Fail(number, "the line is not a letter, a colon and a value");
                return;
            }

            switch (line[0])
            {
                case (byte)'P':
                    Set(ref _name, line, number);
                    break;
                case (byte)'V':
                    Set(ref _version, line, number);
                    break;
                case (byte)'A':
                    Set(ref _architecture, line, number);
                    break;
                case (byte)'o':
                    Set(ref _origin, line, number);
                    break;
            }
        }

        public readonly void AddTo(PackageDatabase database, string path)
        {
            if (_line == 0)
            {
                return;
            }

            var fault = _fault ?? (string.IsNullOrEmpty(_name) ? "the paragraph names no package"
                : string.IsNullOrEmpty(_version) ? "the package has no version" : null);
            if (fault is not null)
            {
                database.AddFault(path, _faultLine > 0 ? _faultLine : _line, _name, _version, fault);
                return;
            }

            database.Packages.Add(new InstalledPackage
            {
                Type = "apk",
                Name = _name!,
                Version = _version!,
                Architecture = _architecture ?? string.Empty,
                SourceName = string.IsNullOrEmpty(_origin) ? _name! : _origin,
                SourceVersion = _version!,
                DatabasePath = path,
            });
        }

        private void Set(ref string? field, ReadOnlySpan<byte> line, int number)
        {
            if (field is not null)
            {
                Fail(number, $"a second line '{(char)line[0]}' in one package");
                return;
            }

            field = Encoding.UTF8.GetString(line[2..]);
        }

        private void Fail(int number, string fault)
        {
            if (_fault is null)
            {
                (_faultLine, _fault) = (number, fault);
            }
        }
    }
}
