using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PatchContainers.Rollout;

/// <summary>A part of a number of things: a count (<c>2</c>), a share (<c>25%</c>, rounded up), or all.</summary>
[JsonConverter(typeof(PortionJson))]
public readonly record struct Portion
{
    private readonly int _value;
    private readonly bool _isShare;

    private Portion(int value, bool isShare) => (_value, _isShare) = (value, isShare);

    /// <summary>All of them.</summary>
    public static Portion All => default;

    /// <summary>Whether it is all of them.</summary>
    public bool IsAll => _value == 0;

    /// <summary>Reads <c>2</c>, <c>25%</c>, or nothing for all.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>.</exception>
    public static Portion Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0)
        {
            return All;
        }

        var isShare = text.EndsWith('%');
        return int.TryParse(isShare ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
            && (!isShare || value <= 100)
            ? new Portion(value, isShare)
            : throw new PatchException(PatchErrorCode.InvalidArgument, text,
                $"'{text}' is neither a count such as 2 nor a share such as 25%.");
    }

    /// <summary>How many that is: at least one, at most all.</summary>
    /// <param name="count">How many there are.</param>
    public int Of(int count) => IsAll ? count : Math.Min(count, _isShare ? (int)(((long)count * _value + 99) / 100) : _value);

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => IsAll ? string.Empty
        : string.Create(CultureInfo.InvariantCulture, $"{_value}{(_isShare ? "%" : string.Empty)}");

    internal sealed class PortionJson : JsonConverter<Portion>
    {
        public override Portion Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            try
            {
                return Parse(reader.GetString() ?? string.Empty);
            }
            catch (PatchException e)
            {
                throw new JsonException(e.Message, e);
            }
        }

        public override void Write(Utf8JsonWriter writer, Portion value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
